using System.Runtime.CompilerServices;
using Kvasir.Engine.Blending;
using Kvasir.Engine.Conversations.Formats;
using Kvasir.Engine.Conversations.Parsing;
using Kvasir.Grammars;
using Kvasir.Models;

namespace Kvasir.Engine.Conversations;

/// <summary>
/// How a model's family writes conversations: functions, calls and reasoning. Told from its chat template and vocabulary. Immutable, thread-safe.
/// </summary>
public sealed class ConversationFormat
{
    // Tokens of a prompt's end in which an open or closed reasoning is looked for.
    private const int Tail = 24;

    private static readonly ConditionalWeakTable<ModelFile, ConversationFormat> Known = [];

    private readonly Tokenizer? _tokenizer;
    private readonly ChatTemplate? _template;
    private readonly ChatTemplate? _toolTemplate;
    private readonly CallFormat _calls;
    private readonly bool _writesCalls;
    private readonly ReasoningFormat? _reasoning;
    private readonly HashSet<int> _reasoningTokens;
    private readonly HashSet<int> _markerTokens;
    private readonly Lazy<bool> _singleCalls;
    private readonly Lazy<bool> _startsReasoning;

    internal ConversationFormat(ChatTemplate? template, ChatTemplate? toolTemplate, Tokenizer? tokenizer, IReadOnlyList<int> stopTokens)
    {
        _template = template;
        _toolTemplate = toolTemplate ?? template;
        _tokenizer = tokenizer;
        var source = _toolTemplate?.Source ?? "";
        var shows = _toolTemplate is not null && TemplateProbe.ShowsTools(_toolTemplate);
        _calls = shows ? CallFormats.Of(source, tokenizer) : CallFormats.Generic;
        _writesCalls = shows && !TemplateProbe.ShowsCalls(_toolTemplate!);
        if (_writesCalls && _calls.Calls.Write([]) is null)
            _calls = CallFormats.Generic;
        _reasoning = ReasoningFormat.Of((template?.Source ?? "") + source, tokenizer);
        _reasoningTokens = SpecialTokens(_reasoning is null ? [] : [_reasoning.Start, _reasoning.End], stopTokens);
        _markerTokens = [.. SpecialTokens([.. _calls.Calls.Marks], stopTokens), .. _reasoningTokens];
        _singleCalls = new Lazy<bool>(() => !_calls.ToldByUs && _toolTemplate is not null && TemplateProbe.RefusesSeveralCalls(_toolTemplate));
        _startsReasoning = new Lazy<bool>(StartsReasoning);
    }

    /// <summary>The family's name, e.g. <c>hermes</c>, <c>mistral</c>, <c>llama3</c>, <c>generic</c>.</summary>
    public string Name => _calls.Name;

    /// <summary>Whether the model's own template describes functions; otherwise they are described in the system message.</summary>
    public bool TemplateKnowsTools => !_calls.ToldByUs;

    /// <summary>Whether the template admits but one call a message; then one answer calls one function at most.</summary>
    public bool SingleCallsOnly => _singleCalls.Value;

    /// <summary>Begins reasoning, e.g. <c>&lt;think&gt;</c>; null when the model marks none.</summary>
    public string? ReasoningStart => _reasoning?.Start;

    /// <summary>Ends reasoning.</summary>
    public string? ReasoningEnd => _reasoning?.End;

    /// <summary>Whether a prompt without further variables ends inside the reasoning.</summary>
    public bool TemplateStartsReasoning => _startsReasoning.Value;

    /// <summary>Special tokens that mark calls and reasoning. They belong to the text that is parsed and to what grammars may write.</summary>
    public IReadOnlySet<int> MarkerTokens => _markerTokens;

    /// <summary>The format of a model; the same object for the same model.</summary>
    public static ConversationFormat Detect(ModelFile model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Known.GetValue(model, static m => new ConversationFormat(m.ChatTemplate, m.ToolTemplate, m.Tokenizer, m.StopTokens));
    }

    /// <summary>The vocabulary for grammars of conversations: the model's tokens, of the special ones only <see cref="MarkerTokens"/>.</summary>
    /// <param name="size">Tokens of the model; ids that the tokenizer lacks are none.</param>
    /// <exception cref="InvalidOperationException">The model has no tokenizer.</exception>
    public TokenVocabulary CreateVocabulary(int size)
    {
        var tokenizer = RequireTokenizer();
        return new TokenVocabulary(size, id => tokenizer.TokenBytes(id).ToArray(), id => !tokenizer.IsSpecial(id) || _markerTokens.Contains(id));
    }

    /// <summary>Makes a conversation ready.</summary>
    /// <exception cref="ArgumentException">The functions or the choice among them are not valid; the message names which.</exception>
    /// <exception cref="ChatTemplateException">The template fails or refuses the messages.</exception>
    /// <exception cref="InvalidOperationException">The model has no tokenizer or no chat template.</exception>
    public PreparedConversation Prepare(ConversationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var tools = ToolSelection.Select(request);
        if (tools.Count > 0 && SingleCallsOnly)
            request = request with { ParallelToolCalls = false };
        var tokenizer = RequireTokenizer();
        ChatMarks? marks = null;
        if (request.Marked.Count > 0)
            (request, marks) = MarkedMessages.Mark(request);
        var rendered = Render(tokenizer, request, tools, marks);
        var prompt = rendered.Tokens;
        var reasoning = ReasoningOf(tokenizer, prompt);
        var syntax = new AnswerSyntax
        {
            ReasoningStart = reasoning == PromptReasoning.Open ? _reasoning?.Start : null,
            ReasoningEnd = _reasoning?.End,
            StartsInReasoning = reasoning == PromptReasoning.Begun,
            Calls = tools.Count > 0 ? _calls.Calls : null,
            Tools = new ToolSet(tools, _calls.Calls.KnownOnly || tools.Any(t => t.Strict)),
            NewId = _calls.ShortIds ? CallIds.NewShort : CallIds.New,
        };
        return new PreparedConversation(
            prompt, syntax, new AnswerGrammar(_calls, _reasoning, reasoning, request, ToolSelection.Callable(request, tools)),
            tools.Count > 0 ? _markerTokens : _reasoningTokens)
        {
            Parts = [.. rendered.Parts.Select(part => new ChunkPart(part.Start, part.Length))],
        };
    }

    private MarkedPrompt Render(Tokenizer tokenizer, ConversationRequest request, IReadOnlyList<ToolDefinition> tools, ChatMarks? marks)
    {
        var withCalls = tools.Count > 0 || request.Messages.Any(m => m.ToolCalls.Count > 0 || m.ToolCallId is not null);
        var template = (withCalls ? _toolTemplate : _template)
            ?? throw new InvalidOperationException("the model has no chat template; give a raw prompt instead");
        IReadOnlyList<ChatMessage> messages = [.. request.Messages.Select(m => m with { Role = RoleIn(template, m.Role) })];
        messages = _calls.ShortIds ? CallIds.Shorten(messages) : _calls.NameIsId ? CallIds.Number(messages) : messages;
        if (!_calls.ToldByUs)
        {
            messages = _singleCalls.Value ? SingleCalls.Split(messages) : messages;
            messages = _writesCalls ? [.. messages.Select(m => ToldTools.WithCalls(m, _calls.Calls))] : messages;
            return Tokens(messages, tools.Count == 0 ? null : [.. tools.Select(t => new ChatTool(t.Name, t.Description, t.Parameters))]);
        }

        if (!withCalls)
            return Tokens(messages, null);
        var told = ToldTools.Rewrite(messages, tools);
        try
        {
            return Tokens(told, null);
        }
        catch (ChatTemplateException) when (tools.Count > 0)
        {
            return Tokens(ToldTools.WithoutSystem(told), null);
        }

        MarkedPrompt Tokens(IReadOnlyList<ChatMessage> all, IReadOnlyList<ChatTool>? described) => marks is { } given
            ? ChatPrompt.Tokenize(tokenizer, template, all, given, addGenerationPrompt: true, request.TemplateVariables, described)
            : new MarkedPrompt(ChatPrompt.Tokenize(tokenizer, template, all, addGenerationPrompt: true, request.TemplateVariables, tools: described), []);
    }

    // Names that newer protocols have for older roles.
    private static string RoleIn(ChatTemplate template, string role) => role switch
    {
        "developer" when !template.Source.Contains(role, StringComparison.Ordinal) => "system",
        "function" when !template.Source.Contains($"'{role}'", StringComparison.Ordinal) => "tool",
        _ => role,
    };

    private PromptReasoning ReasoningOf(Tokenizer tokenizer, ReadOnlySpan<int> prompt)
    {
        if (_reasoning is null)
            return PromptReasoning.Ended;
        var end = tokenizer.Decode(prompt[Math.Max(0, prompt.Length - Tail)..]).TrimEnd();
        return end.EndsWith(_reasoning.Start, StringComparison.Ordinal) ? PromptReasoning.Begun
            : end.EndsWith(_reasoning.End, StringComparison.Ordinal) ? PromptReasoning.Ended
            : PromptReasoning.Open;
    }

    private bool StartsReasoning()
    {
        if (_reasoning is null || _template is null || _tokenizer is null)
            return false;
        try
        {
            var prompt = ChatPrompt.Tokenize(_tokenizer, _template, [new ChatMessage("user", "?")], addGenerationPrompt: true);
            return ReasoningOf(_tokenizer, prompt) == PromptReasoning.Begun;
        }
        catch (ChatTemplateException)
        {
            // A template that refuses so plain a conversation says nothing about reasoning.
            return false;
        }
    }

    private HashSet<int> SpecialTokens(IReadOnlyList<string> marks, IReadOnlyList<int> stopTokens)
    {
        var found = new HashSet<int>();
        for (var id = 0; id < (_tokenizer?.VocabSize ?? 0); id++)
        {
            if (_tokenizer!.IsSpecial(id) && _tokenizer.Decode([id]) is { Length: > 0 } text && marks.Any(m => m.Contains(text, StringComparison.Ordinal)))
                found.Add(id);
        }

        found.ExceptWith(stopTokens);
        return found;
    }

    private Tokenizer RequireTokenizer() => _tokenizer ?? throw new InvalidOperationException("the model has no tokenizer; give token ids instead of text");
}
