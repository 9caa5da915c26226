using Kvasir.KvCache.Identity;

namespace Kvasir.Engine.Blending;

/// <summary>Reads rows of a sequence in a position-free frame: what was used, whether computed, shared or given.</summary>
public interface IRowReader
{
    /// <summary>Layers of the model.</summary>
    int Layers { get; }

    /// <summary>Elements of a row's keys, and of its values: KV heads times head dimension.</summary>
    int Width { get; }

    /// <summary>Whose rows they are: where rows may go that are kept.</summary>
    CacheScope Scope { get; }

    /// <summary>Tokens of prompt and answer whose rows exist: all but the last one.</summary>
    ReadOnlySpan<int> Tokens { get; }

    /// <summary>Tokens of the prompt.</summary>
    int PromptLength { get; }

    /// <summary>Reads one row of a layer, its keys rotated back to position 0.</summary>
    void Read(int layer, int position, Span<float> key, Span<float> value);
}
