using System.Security.Cryptography;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;

namespace Kvasir.Engine.Tiers;

/// <summary>Chooses rows of a load that are computed again with the step behind it, and finds room for them.</summary>
/// <param name="pool">The pool.</param>
/// <param name="verifyRows">Rows of a load that are verified.</param>
internal sealed class LoadVerifier(BlockPool pool, int verifyRows) : IDisposable
{
    /// <summary>Rows that are verified in part pass one layer of so many, but at least the second, whose input has seen the rows before.</summary>
    private const int PartialDepth = 4;

    private const int MinLayers = 2;

    private readonly Stack<VerificationScratch> _scratches = new();

    /// <summary>
    /// Rows to verify in a sequence's first step behind its load: one near the end through all layers, and rows of all parts of the span
    /// through the first ones.
    /// </summary>
    /// <remarks>
    /// The row near the end attends to everything before it in every layer, so it differs when anything there is not what it was computed
    /// with. A chunk that is false in itself although all behind it fits (it was computed from other tokens) shows in its own rows only,
    /// and there from the first layer on; so these rows need not go through all layers, which would cost as much as decoding them.
    /// </remarks>
    public IReadOnlyList<VerificationTable> Begin(SequenceLoad load, UniformTable table)
    {
        var rows = Rows(load);
        if (rows == 0)
            return load.Verifications;
        var positions = DrawRows(load.Start, load.End, rows);
        var layers = pool.Layout.Layers;
        if (rows > 1)
            Add(positions[..^1], Math.Min(layers, Math.Max(MinLayers, layers / PartialDepth)));
        Add(positions[^1..], layers);
        return load.Verifications;

        void Add(int[] some, int layerEnd)
        {
            var scratch = _scratches.TryPop(out var free) ? free : new VerificationScratch(pool.Layout, verifyRows);
            load.Scratches.Add(scratch);
            load.Verifications.Add(new VerificationTable(pool, table, scratch, some, layerEnd));
        }
    }

    /// <summary>
    /// Rows that nobody can know beforehand: one near the end, which attends to everything before it and so differs when anything there is
    /// not what it was computed with; the others one of each part of the span, for rows that are false in themselves.
    /// </summary>
    private int[] DrawRows(int start, int end, int count)
    {
        var positions = new int[count];
        var last = Math.Max(start + count - 1, end - pool.Layout.BlockRows);
        for (var i = 0; i < count - 1; i++)
        {
            var from = start + (int)((long)(last - start) * i / (count - 1));
            var to = start + (int)((long)(last - start) * (i + 1) / (count - 1));
            positions[i] = RandomNumberGenerator.GetInt32(from, to);
        }

        positions[^1] = RandomNumberGenerator.GetInt32(last, end);
        return positions;
    }

    /// <summary>How many rows <see cref="Begin"/> will ask for.</summary>
    public int Rows(SequenceLoad load) => Math.Min(verifyRows, load.End - load.Start);

    /// <summary>Ends the verification of a load.</summary>
    public void End(SequenceLoad load)
    {
        foreach (var scratch in load.Scratches)
            _scratches.Push(scratch);
        load.Scratches.Clear();
        load.Verifications.Clear();
    }

    public void Dispose()
    {
        foreach (var scratch in _scratches)
            scratch.Dispose();
    }
}
