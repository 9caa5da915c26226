namespace Kvasir.Engine.Blending;

/// <summary>Takes rows in a position-free frame.</summary>
public interface IGivenRowWriter
{
    /// <summary>Layers of the model.</summary>
    int Layers { get; }

    /// <summary>Elements of a row's keys, and of its values: KV heads times head dimension.</summary>
    int Width { get; }

    /// <summary>Writes one row of a layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="position">Its position in the prompt.</param>
    /// <param name="key">Keys rotated to position 0, <see cref="Width"/> elements; rotated in place to <paramref name="position"/>.</param>
    /// <param name="value">Values, <see cref="Width"/> elements.</param>
    void Write(int layer, int position, Span<float> key, ReadOnlySpan<float> value);
}
