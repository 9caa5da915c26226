using Kvasir.Numerics.Attention;

namespace Kvasir.Compute.Tests.Oracle;

/// <summary>One row of a cache as a test thinks of it, before it is cut into segments and blocks.</summary>
/// <param name="Row">Absolute row index.</param>
/// <param name="Position">Position that the keys were rotated at.</param>
/// <param name="Offset">Position offset of the segment that the row is read through.</param>
/// <param name="Masked">True when the row's mask bit is clear.</param>
/// <param name="Bias">Added to scores; null when the row's segment has none.</param>
/// <param name="Keys"><c>[kvHeads, headDim]</c>.</param>
/// <param name="Values"><c>[kvHeads, headDim]</c>.</param>
internal sealed record KvRow(long Row, int Position, int Offset, bool Masked, float? Bias, float[] Keys, float[] Values)
{
    private readonly Dictionary<(bool Key, int Head), float[]> _stored = [];

    /// <summary>What attention reads back for one head; a test uses one data type.</summary>
    public float[] Stored(bool key, int head, int headDim, KvDataType type)
    {
        if (!_stored.TryGetValue((key, head), out var stored))
            _stored[(key, head)] = stored = ScalarKv.Stored((key ? Keys : Values).AsSpan(head * headDim, headDim), type);
        return stored;
    }
}
