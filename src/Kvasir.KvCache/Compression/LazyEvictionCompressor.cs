using System.Numerics;
using System.Runtime.InteropServices;
using Kvasir.Numerics;

namespace Kvasir.KvCache.Compression;

/// <summary>
/// What LazyEviction remembers: for every row when it was looked at last (TS) and its longest gap (MRI). A token leaves a bit for each row; the books
/// are made up from them once in a window, when rows are chosen, a vector of rows at a time.
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
        _lanes = [.. Enumerable.Range(0, shape.Layers * shape.KvHeads).Select(_ => new Lane(options.Window))];

        // The least binary32 number that reaches the threshold: a comparison with it has the same outcome.
        _threshold = (float)options.Threshold;
        if (_threshold < options.Threshold)
            _threshold = MathF.BitIncrement(_threshold);
    }

    public override float LookThreshold => _threshold;

    public override bool DropsInAnswer => true;

    public override int LagRows => 1 << 29; // the whole prompt stays until the first eviction

    /// <summary>The books of a lane, for checks: TS and MRI of its rows.</summary>
    internal (int[] Seen, int[] Gap) Books(int layer, int head)
    {
        var lane = _lanes[(layer * _shape.KvHeads) + head];
        lane.Settle();
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
            lane.Look(signals.LookedOf(head, _shape.KvHeads, rows), t);
            if (t % _options.Window != 0)
                continue;
            lane.Settle();
            if (rows <= _shape.Budget)
                continue;
            var dropped = drops.Dropped(head);
            Choose(lane, t, dropped);
            lane.Drop(CollectionsMarshal.AsSpan(dropped));
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
        for (var row = 0; row < rows; row += Vector<int>.Count)
        {
            var score = Score(new Vector<int>(seen[row..]), new Vector<int>(gap[row..]), t);
            Vector.ConditionalSelect(Vector.GreaterThan(new Vector<int>(born[row..]), young), infinite, score).CopyTo(_scores, row);
        }

        TopRows.AddOthers(_scores.AsSpan(0, rows), Math.Max(_options.Window, _shape.Budget), dropped);
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

    private sealed class Lane(int window)
    {
        private static readonly Vector<int> OneBitEach = new([.. Enumerable.Range(0, Vector<int>.Count).Select(lane => 1 << lane)]);

        private ulong[] _looks = []; // [window, _words]
        private int _words;
        private int _steps;
        private int _last;

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

        /// <summary>Notes which rows were looked at in step <paramref name="t"/>, the one behind that of the last call.</summary>
        public void Look(ReadOnlySpan<ulong> looked, int t)
        {
            if (_steps == window || looked.Length > _words)
                Settle();
            if (_steps == 0)
            {
                // A step adds a row.
                _words = looked.Length + (window / 64) + 1;
                if (_looks.Length < window * _words)
                    _looks = new ulong[window * (_words + 4)];
            }

            var words = _looks.AsSpan(_steps++ * _words, _words);
            looked.CopyTo(words);
            words[looked.Length..].Clear();
            _last = t;
        }

        /// <summary>MRI = max(MRI, t - TS) and TS = t for all rows that were looked at, step by step.</summary>
        public void Settle()
        {
            var seen = Seen.Padded;
            var gap = Gap.Padded;
            for (var row = 0; row < Seen.Count; row += Vector<int>.Count)
            {
                var (last, longest) = (new Vector<int>(seen[row..]), new Vector<int>(gap[row..]));
                for (var step = 0; step < _steps; step++)
                {
                    var looked = new Vector<int>((int)(_looks[(step * _words) + (row / 64)] >> (row % 64))) & OneBitEach;
                    var now = new Vector<int>(_last - _steps + 1 + step);
                    var isLooked = Vector.Equals(looked, OneBitEach);
                    longest = Vector.ConditionalSelect(isLooked, Vector.Max(longest, now - last), longest);
                    last = Vector.ConditionalSelect(isLooked, now, last);
                }

                last.CopyTo(seen[row..]);
                longest.CopyTo(gap[row..]);
            }

            _steps = 0;
        }

        public void Drop(ReadOnlySpan<int> rows)
        {
            Seen.Drop(rows);
            Gap.Drop(rows);
            Born.Drop(rows);
        }
    }
}
