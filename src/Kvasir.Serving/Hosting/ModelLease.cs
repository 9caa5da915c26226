namespace Kvasir.Serving.Hosting;

/// <summary>The use of a model by one request; disposing ends it.</summary>
internal sealed class ModelLease(ModelSlot slot, ModelService service, string? adapter) : IDisposable
{
    public ModelService Service => service;

    /// <summary>The adapter that the request named, or null.</summary>
    public string? Adapter => adapter;

    public void Dispose() => slot.Release(service);
}
