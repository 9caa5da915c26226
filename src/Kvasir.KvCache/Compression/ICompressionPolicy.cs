namespace Kvasir.KvCache.Compression;

/// <summary>
/// A published way to keep fewer rows of a live sequence. It decides over snapshots; what is measured, moved and freed is the engine's
/// business. An instance serves many requests at once; what belongs to one sequence is its <see cref="Compressor"/>.
/// </summary>
public interface ICompressionPolicy
{
    /// <summary>The published name, for messages, metrics and reports.</summary>
    string Name { get; }

    /// <summary>True when the KV heads of a layer may keep different rows; otherwise all keep the same.</summary>
    bool PerHead { get; }

    /// <summary>When rows that stay take a smaller form; null when they stay as the pool stores them.</summary>
    RowPacking? Packing => null;

    /// <summary>Begins a sequence.</summary>
    Compressor Start(CompressionShape shape);
}
