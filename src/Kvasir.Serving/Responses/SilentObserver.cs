namespace Kvasir.Serving.Responses;

/// <summary>For responses that are sent whole.</summary>
internal sealed class SilentObserver : IResponseObserver
{
    public Task OpenedAsync(ResponseItem item, int index) => Task.CompletedTask;

    public Task AppendedAsync(ResponseItem item, int index, string text) => Task.CompletedTask;

    public Task ClosedAsync(ResponseItem item, int index) => Task.CompletedTask;
}
