using Kvasir.Engine.Sequences;
using Kvasir.KvCache.Tables;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Fuzzing;

/// <summary>What was seen of a sequence: its logits rows, and its keys and values when it let go of them.</summary>
/// <param name="sequence">The sequence.</param>
/// <param name="layers">Layers of the model.</param>
internal sealed class SequenceRecord(Sequence sequence, int layers)
{
    private readonly List<(int Position, float[] Logits)> _logits = [];
    private readonly List<byte[]> _keysValues = [];

    public Sequence Sequence { get; } = sequence;

    /// <summary>True when its rows must be those of a cold run: it reuses nothing approximately, or repairs all of it in every layer.</summary>
    public bool IsExact => !IsThinned && (Sequence.Request.Blending is not { } blending
        || (blending.Policy.MostRepairs(1000) == 1000 && Enumerable.Range(0, layers).All(layer => blending.Policy.ShareAbove(layer, layers) >= 1)));

    /// <summary>True when it keeps a smaller cache or reads less of it: its answer must be that of the same request alone.</summary>
    public bool IsThinned => Sequence.Request is not { Compression: null, Reading: null };

    /// <summary>Position of the row and its logits.</summary>
    public IReadOnlyList<(int Position, float[] Logits)> Logits => _logits;

    /// <summary>Each an image of rows [0, n) of all layers: <c>[rows, layers, rowBytes]</c>.</summary>
    public IReadOnlyList<byte[]> KeysValues => _keysValues;

    public void AddLogits(int position, ReadOnlySpan<float> logits) => _logits.Add((position, logits.ToArray()));

    public void AddKeysValues(IKvTable table, int rows, KvLayout layout) => _keysValues.Add(Image(table, rows, layout));

    /// <summary>The stored bytes of rows [0, <paramref name="rows"/>).</summary>
    public static unsafe byte[] Image(IKvTable table, int rows, KvLayout layout)
    {
        var rowBytes = KvRows.RowBytes(layout);
        var image = new byte[(long)rows * layout.Layers * rowBytes];
        for (var row = 0; row < rows; row++)
        {
            for (var layer = 0; layer < layout.Layers; layer++)
            {
                var at = table.RowTarget(layer, row);
                KvRows.Read(layout, at.Slice, at.Slot, image.AsSpan(((row * layout.Layers) + layer) * rowBytes, rowBytes));
            }
        }

        return image;
    }
}
