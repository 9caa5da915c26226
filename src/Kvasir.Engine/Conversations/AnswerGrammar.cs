using System.Security.Cryptography;
using System.Text;
using Kvasir.Engine.Conversations.Calls;
using Kvasir.Engine.Conversations.Formats;
using Kvasir.Grammars;

namespace Kvasir.Engine.Conversations;

/// <summary>What an answer may look like: reasoning, then text or calls.</summary>
internal sealed class AnswerGrammar(
    CallFormat format, ReasoningFormat? reasoning, PromptReasoning prompt, ConversationRequest request, IReadOnlyList<ToolDefinition> tools)
{
    /// <summary>Whether anything is forbidden.</summary>
    public bool IsNeeded => tools.Count > 0 || request.ResponseGrammar is not null;

    private bool Several => request.ParallelToolCalls && request.ToolChoice.Kind != ToolChoiceKind.Named;

    /// <summary>The grammar.</summary>
    /// <exception cref="GrammarException">A strict function's schema cannot be enforced.</exception>
    public Grammar Build()
    {
        var answer = Answer();
        if (reasoning is null || prompt == PromptReasoning.Ended)
            return answer;
        var rest = Grammar.Sequence(Grammar.TextUntil(reasoning.End), Grammar.FromRegex("[ \\n]{0,4}"), answer);
        return prompt == PromptReasoning.Begun ? rest : Grammar.Choice(answer, Grammar.Sequence(Grammar.Literal(reasoning.Start), rest));
    }

    /// <summary>Names the grammar: equal keys, equal grammars. Null where the response's grammar has no name.</summary>
    public string? Key()
    {
        if (request.ResponseGrammar is not null && request.ResponseGrammarKey is null)
            return null;
        var text = new StringBuilder();
        Field(format.Name, reasoning?.Start ?? "", prompt.ToString());
        Field(request.ToolChoice.Kind.ToString(), Several.ToString(), request.ResponseGrammarKey ?? "");
        foreach (var tool in tools)
            Field(tool.Name, tool.Strict.ToString(), tool.Parameters?.GetRawText() ?? "");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));

        void Field(params ReadOnlySpan<string> fields)
        {
            foreach (var field in fields)
                text.Append(field.Length).Append(':').Append(field);
        }
    }

    private Grammar Answer()
    {
        if (tools.Count == 0)
            return request.ResponseGrammar!();
        var grammars = new ToolGrammars(tools);
        return request.ToolChoice.Kind == ToolChoiceKind.Auto
            ? format.Calls.Free(grammars, Several, request.ResponseGrammar?.Invoke())
            : format.Calls.Section(grammars, Several);
    }
}
