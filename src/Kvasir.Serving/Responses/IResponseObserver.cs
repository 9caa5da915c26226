namespace Kvasir.Serving.Responses;

/// <summary>Sees a response's output while it is made.</summary>
internal interface IResponseObserver
{
    /// <summary>An item begins.</summary>
    Task OpenedAsync(ResponseItem item, int index);

    /// <summary>An item has grown.</summary>
    Task AppendedAsync(ResponseItem item, int index, string text);

    /// <summary>An item has ended.</summary>
    Task ClosedAsync(ResponseItem item, int index);
}
