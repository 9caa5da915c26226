namespace Kvasir.Engine.Conversations;

/// <summary>What a part of an answer is.</summary>
public enum AnswerEventKind
{
    /// <summary>More of the answer's text.</summary>
    Text,

    /// <summary>More of the reasoning before it.</summary>
    Reasoning,

    /// <summary>A call begins: name and id are known.</summary>
    ToolCallStart,

    /// <summary>More of the call's arguments, raw JSON.</summary>
    ToolCallArguments,

    /// <summary>The call is complete: its arguments together are a JSON object.</summary>
    ToolCallEnd,

    /// <summary>
    /// A call that had begun is none (it is malformed, or the answer was cut). The event's text is all that the model wrote for it; whoever
    /// has not yet passed the call on gives that as text.
    /// </summary>
    ToolCallFailed,
}
