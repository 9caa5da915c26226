namespace Kvasir.Numerics.Attention;

/// <summary>Stores single rows outside a step: keys as they are given, already rotated.</summary>
public static unsafe class KvRowWriter
{
    /// <summary>Encodes one head of one row.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="target">Where the row lies.</param>
    /// <param name="head">KV head.</param>
    /// <param name="key">Key <c>[headDim]</c>.</param>
    /// <param name="value">Value <c>[headDim]</c>.</param>
    public static void WriteHead(KvLayout layout, in KvWriteRow target, int head, ReadOnlySpan<float> key, ReadOnlySpan<float> value)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, layout.HeadDim);
        ArgumentOutOfRangeException.ThrowIfNotEqual(value.Length, layout.HeadDim);
        fixed (float* keys = key, values = value)
            KvWriter.WriteHead(keys, values, target, head, layout);
    }
}
