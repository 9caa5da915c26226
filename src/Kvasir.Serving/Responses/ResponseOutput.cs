using Kvasir.Engine.Conversations;
using Kvasir.Serving.Requests;

namespace Kvasir.Serving.Responses;

/// <summary>Makes the output of a response from the parts of an answer, and tells each change to whoever streams it.</summary>
internal sealed class ResponseOutput(IResponseObserver observer)
{
    private readonly List<ResponseItem> _items = [];
    private ResponseItem? _open;

    public IReadOnlyList<ResponseItem> Items => _items;

    public async Task AddAsync(IReadOnlyList<AnswerEvent> parts)
    {
        foreach (var part in parts)
        {
            switch (part.Kind)
            {
                case AnswerEventKind.Reasoning:
                    await AppendAsync(ResponseItemKind.Reasoning, part.Text).ConfigureAwait(false);
                    break;
                case AnswerEventKind.ToolCallStart:
                    await OpenAsync(ResponseItem.FunctionCall(part.ToolId ?? ResponseIds.Create("call_"), part.ToolName!)).ConfigureAwait(false);
                    break;
                case AnswerEventKind.ToolCallArguments:
                    await AppendAsync(_open!, part.Text).ConfigureAwait(false);
                    break;
                case AnswerEventKind.ToolCallEnd:
                    await CloseAsync(complete: true).ConfigureAwait(false);
                    break;
                case AnswerEventKind.ToolCallFailed:
                    await CloseAsync(complete: false).ConfigureAwait(false);
                    await AppendAsync(ResponseItemKind.Message, part.Text).ConfigureAwait(false);
                    break;
                default:
                    await AppendAsync(ResponseItemKind.Message, part.Text).ConfigureAwait(false);
                    break;
            }
        }
    }

    /// <summary>The answer has ended; one without any text is an empty message.</summary>
    public async Task EndAsync(bool complete)
    {
        if (_items.Count == 0)
            await OpenAsync(ResponseItem.Message()).ConfigureAwait(false);
        await CloseAsync(complete).ConfigureAwait(false);
    }

    private async Task AppendAsync(ResponseItemKind kind, string text)
    {
        if (_open?.Kind != kind)
            await OpenAsync(kind == ResponseItemKind.Message ? ResponseItem.Message() : ResponseItem.Reasoning()).ConfigureAwait(false);
        await AppendAsync(_open!, text).ConfigureAwait(false);
    }

    private async Task AppendAsync(ResponseItem item, string text)
    {
        item.Append(text);
        await observer.AppendedAsync(item, _items.Count - 1, text).ConfigureAwait(false);
    }

    private async Task OpenAsync(ResponseItem item)
    {
        await CloseAsync(complete: true).ConfigureAwait(false);
        _items.Add(item);
        _open = item;
        await observer.OpenedAsync(item, _items.Count - 1).ConfigureAwait(false);
    }

    private async Task CloseAsync(bool complete)
    {
        if (_open is not { } item)
            return;
        _open = null;
        if (complete)
            item.Complete();
        await observer.ClosedAsync(item, _items.Count - 1).ConfigureAwait(false);
    }
}
