namespace Kvasir.Engine.Conversations.Parsing;

/// <summary>Makes the events of calls, numbers them and gives them ids.</summary>
internal sealed class CallSink(ToolSet tools, Func<string> newId, Action<AnswerEvent> give)
{
    private int _index;

    /// <summary>The functions that may be called.</summary>
    public ToolSet Tools => tools;

    public void Start(string name, string? id) =>
        give(new AnswerEvent(AnswerEventKind.ToolCallStart, "", _index, name, string.IsNullOrEmpty(id) ? newId() : id));

    public void Arguments(string text)
    {
        if (text.Length > 0)
            give(new AnswerEvent(AnswerEventKind.ToolCallArguments, text, _index));
    }

    public void End() => give(new AnswerEvent(AnswerEventKind.ToolCallEnd, "", _index++));

    public void Fail(string raw) => give(new AnswerEvent(AnswerEventKind.ToolCallFailed, raw, _index++));
}
