using System.Numerics;
using System.Runtime.InteropServices;
using Kvasir.Numerics;

namespace Kvasir.KvCache.Compression;

/// <summary>
/// What LazyEviction remembers: for every row when it was looked at last (TS) and its longest gap (MRI). Most of its work is to compare weights with
/// a threshold at every token, so the books lie in arrays of their own and are kept in vectors.
/// </summary>
internal sealed class LazyEvictionCompressor : Compressor
{
    private readonly CompressionShape _shape;
    private readonly LazyEvictionOptions _options;
    private readonly Lane[] _lanes;
    private readonly float _threshold;
    private float[] _scores = [];

    public LazyEvictionCompressor(CompressionShape shape, LazyEvictionOptions options)
    {
        _shape = shape;
        _options = options;
        _lanes = [.. Enumerable.Range(0, shape.Layers * shape.KvHeads).Select(_ => new Lane())];

        // The least binary32 number that reaches the threshold: a comparison with it has the same outcome.
        _threshold = (float)options.Threshold;
        if (_threshold < options.Threshold)
            _threshold = MathF.BitIncrement(_threshold);
    }

    public override bool NeedsAnswerWeights => true;

    public override bool DropsInAnswer => true;

    public override int LagRows => 1 << 29; // the whole prompt stays until the first eviction

    /// <summary>The books of a lane, for checks: TS and MRI of its rows.</summary>
    internal (int[] Seen, int[] Gap) Books(int layer, int head)
    {
        var lane = _lanes[(layer * _shape.KvHeads) + head];
        return (lane.Seen.Entries.ToArray(), lane.Gap.Entries.ToArray());
    }

    public override void Answer(in AnswerSignals signals, RowDrops drops)
    {
        var t = signals.Step;
        for (var head = 0; head < _shape.KvHeads; head++)
        {
            var lane = _lanes[(signals.Layer * _shape.KvHeads) + head];
            var rows = signals.LaneRows[head];
            lane.Grow(rows, t);
            Track(lane, signals, head, rows);
            if (rows <= _shape.Budget || t % _options.Window != 0)
                continue;
            var dropped = drops.Dropped(head);
            Choose(lane, t, dropped);
            lane.Drop(CollectionsMarshal.AsSpan(dropped));
        }
    }

    /// <summary>MRI = max(MRI, t - TS) and TS = t for all rows that a query of the head gives the threshold or more.</summary>
    private void Track(Lane lane, in AnswerSignals signals, int head, int rows)
    {
        var seen = lane.Seen.Entries;
        var gap = lane.Gap.Entries;
        var weights = signals.Weights.Slice(head * _shape.Group * signals.Columns, ((_shape.Group - 1) * signals.Columns) + rows);
        var threshold = new Vector<float>(_threshold);
        var now = new Vector<int>(signals.Step);
        ref var weight = ref MemoryMarshal.GetReference(weights);
        ref var last = ref MemoryMarshal.GetReference(seen);
        ref var longest = ref MemoryMarshal.GetReference(gap);
        var row = 0;
        for (; row <= rows - Vector<float>.Count; row += Vector<float>.Count)
        {
            var largest = Vector.LoadUnsafe(ref weight, (nuint)row);
            for (var q = 1; q < _shape.Group; q++)
                largest = Vector.Max(largest, Vector.LoadUnsafe(ref weight, (nuint)((q * signals.Columns) + row)));
            var looked = Vector.GreaterThanOrEqual(largest, threshold);
            var (before, most) = (Vector.LoadUnsafe(ref last, (nuint)row), Vector.LoadUnsafe(ref longest, (nuint)row));
            Vector.ConditionalSelect(looked, Vector.Max(most, now - before), most).StoreUnsafe(ref longest, (nuint)row);
            Vector.ConditionalSelect(looked, now, before).StoreUnsafe(ref last, (nuint)row);
        }

        for (; row < rows; row++)
        {
            var looked = false;
            for (var q = 0; q < _shape.Group; q++)
                looked |= weights[(q * signals.Columns) + row] >= _threshold;
            if (!looked)
                continue;
            gap[row] = Math.Max(gap[row], signals.Step - seen[row]);
            seen[row] = signals.Step;
        }
    }

    private void Choose(Lane lane, int t, List<int> dropped)
    {
        var seen = lane.Seen.Padded;
        var gap = lane.Gap.Padded;
        var born = lane.Born.Padded;
        var rows = lane.Born.Count;
        if (_scores.Length < born.Length)
            _scores = new float[2 * born.Length];

        // The newest window stays in any case.
        var young = new Vector<int>(t - _options.Window);
        var infinite = new Vector<float>(float.PositiveInfinity);
        var stay = 0;
        for (var row = 0; row < rows; row += Vector<int>.Count)
        {
            var score = Score(new Vector<int>(seen[row..]), new Vector<int>(gap[row..]), t);
            Vector.ConditionalSelect(Vector.GreaterThan(new Vector<int>(born[row..]), young), infinite, score).CopyTo(_scores, row);
        }

        foreach (var step in lane.Born.Entries)
            stay += step > t - _options.Window ? 1 : 0;
        TopRows.AddOthers(_scores.AsSpan(0, rows), Math.Max(stay, _shape.Budget), dropped);
    }

    /// <summary>I of rows: H1 + H2, or 0 for rows that were never looked at.</summary>
    private Vector<float> Score(Vector<int> seen, Vector<int> gap, int t)
    {
        if (_options.ByTimestamp)
            return Vector.ConvertToSingle(seen);
        var gaps = Vector.ConvertToSingle(gap);
        var score = Vector<float>.Zero;
        if (_options.UsesSilence)
            score += TwiceSigmoid((Vector.ConvertToSingle(new Vector<int>(t) - seen) / (gaps + new Vector<float>(1e-5f))) + new Vector<float>(_options.PaperForm ? 0f : 1f));
        if (_options.UsesFrequency)
            score += TwiceSigmoid(gaps - Vector<float>.One);
        return Vector.ConditionalSelect(Vector.GreaterThan(gap, Vector<int>.Zero), score, Vector<float>.Zero);
    }

    /// <summary>2σ(-x).</summary>
    private static Vector<float> TwiceSigmoid(Vector<float> x) => new Vector<float>(2f) / (Vector<float>.One + Elementary.Exp(x));

    private sealed class Lane
    {
        /// <summary>TS: step of the last look; 0 for rows of the prompt.</summary>
        public RowBook<int> Seen { get; } = new();

        /// <summary>MRI: longest gap between looks; 0 before the first.</summary>
        public RowBook<int> Gap { get; } = new();

        /// <summary>Step in which it was written; 0 for rows of the prompt.</summary>
        public RowBook<int> Born { get; } = new();

        /// <summary>There are so many rows; the last one was written in step <paramref name="t"/>, others that are new came with the prompt.</summary>
        public void Grow(int rows, int t)
        {
            while (Born.Count < rows)
            {
                var born = Born.Count == rows - 1 ? t : 0;
                Seen.Add(Math.Max(0, born - 1));
                Gap.Add(0);
                Born.Add(born);
            }
        }

        public void Drop(ReadOnlySpan<int> rows)
        {
            Seen.Drop(rows);
            Gap.Drop(rows);
            Born.Drop(rows);
        }
    }
}
