using Kvasir.Engine.Conversations;
using Kvasir.Engine.Requests;

namespace Kvasir.Serving.Chat;

/// <summary>A finished answer of a chat.</summary>
/// <param name="Answer">As the engine gave it.</param>
/// <param name="Parsed">Taken apart.</param>
/// <param name="ReasoningTokens">Tokens of its reasoning.</param>
internal sealed record ChatAnswer(Answer Answer, ParsedAnswer Parsed, int ReasoningTokens)
{
    /// <summary>Why it ended, as chats say it.</summary>
    public string FinishReason => Answer.Finish switch
    {
        Engine.Requests.FinishReason.Length => "length",
        _ => Parsed.ToolCalls.Count > 0 ? "tool_calls" : "stop",
    };
}
