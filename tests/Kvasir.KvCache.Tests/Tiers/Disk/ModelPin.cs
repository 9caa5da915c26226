namespace Kvasir.KvCache.Tests.Tiers.Disk;

/// <summary>A pin of the model.</summary>
internal sealed class ModelPin(ModelObject pinned, DateTimeOffset end)
{
    public ModelObject Object { get; } = pinned;

    public DateTimeOffset End { get; } = end;
}
