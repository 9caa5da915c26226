using System.Numerics;
using System.Runtime.InteropServices;
using Kvasir.Numerics;

namespace Kvasir.KvCache.Compression;

/// <summary>
/// What LazyEviction remembers: for every row when it was looked at last (TS) and its longest gap (MRI). A token leaves a bit for each row; the books
/// are made up from them once in a window, when rows are chosen, a vector of rows and 32 steps at a time.
/// </summary>
internal sealed class LazyEvictionCompressor : Compressor
{
    private readonly CompressionShape _shape;
    private readonly LazyEvictionOptions _options;
    private readonly Lane[] _lanes;
    private readonly Looks[] _looks;
    private readonly float _threshold;
    private float[] _scores = [];

    public LazyEvictionCompressor(CompressionShape shape, LazyEvictionOptions options)
    {
        _shape = shape;
        _options = options;
        _lanes = [.. Enumerable.Range(0, shape.Layers * shape.KvHeads).Select(_ => new Lane())];
        _looks = [.. Enumerable.Range(0, shape.Layers).Select(_ => new Looks(shape.KvHeads, options.Window))];

        // The least binary32 number that reaches the threshold: a comparison with it has the same outcome.
        _threshold = (float)options.Threshold;
        if (_threshold < options.Threshold)
            _threshold = MathF.BitIncrement(_threshold);
    }

    public override float LookThreshold => _threshold;

    public override bool DropsInAnswer => true;

    public override int LagRows => 1 << 29; // the whole prompt stays until the first eviction

    /// <summary>TS and MRI of a lane's rows, for checks.</summary>
    internal (int[] Seen, int[] Gap) Books(int layer, int head)
    {
        var lane = _lanes[(layer * _shape.KvHeads) + head];
        return (lane.Seen.Entries.ToArray(), lane.Gap.Entries.ToArray());
    }

    public override void Answer(in AnswerSignals signals, RowDrops drops)
    {
        // Between two windows no lane's memory is touched: it would have to come from afar.
        var looks = _looks[signals.Layer];
        var t = signals.Step;
        looks.Add(signals.Looked);
        if (t % _options.Window != 0)
            return;
        for (var head = 0; head < _shape.KvHeads; head++)
        {
            var lane = _lanes[(signals.Layer * _shape.KvHeads) + head];
            var rows = signals.LaneRows[head];
            lane.Grow(rows, t, looks.Steps);
            lane.See(looks, head, t);
            if (rows <= _shape.Budget)
                continue;
            var dropped = drops.Dropped(head);
            Choose(lane, t, dropped);
            lane.Drop(CollectionsMarshal.AsSpan(dropped));
        }

        looks.Clear();
    }

    private void Choose(Lane lane, int t, List<int> dropped)
    {
        var seen = lane.Seen.Padded;
        var gap = lane.Gap.Padded;
        if (_scores.Length < seen.Length)
            _scores = new float[2 * seen.Length];

        // The newest window stays in any case. It is the last rows: nothing has moved since the last eviction.
        var old = Math.Max(0, lane.Seen.Count - _options.Window);
        for (var row = 0; row < old; row += Vector<int>.Count)
            Score(new Vector<int>(seen[row..]), new Vector<int>(gap[row..]), t).CopyTo(_scores, row);
        TopRows.AddOthers(_scores.AsSpan(0, old), Math.Max(0, _shape.Budget - _options.Window), dropped);
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

    /// <summary>2σ(-x); below 1e-34 it stays there, since smaller numbers are slow.</summary>
    private static Vector<float> TwiceSigmoid(Vector<float> x) => new Vector<float>(2f) / (Vector<float>.One + Elementary.Exp(Vector.Min(x, new Vector<float>(80f))));

    /// <summary>Who was looked at in the steps of a window that is not over, in one layer.</summary>
    private sealed class Looks(int kvHeads, int window)
    {
        private ulong[] _bits = []; // [steps, kvHeads, _words]
        private int _words;

        public int Steps { get; private set; }

        public void Add(ReadOnlySpan<ulong> looked)
        {
            var words = looked.Length / kvHeads;
            if (Steps == 0)
            {
                // A step adds a row.
                _words = words + (window / 64) + 1;
                if (_bits.Length < window * kvHeads * _words)
                    _bits = new ulong[window * kvHeads * (_words + 4)];
            }

            for (var head = 0; head < kvHeads; head++)
            {
                var bits = _bits.AsSpan(((Steps * kvHeads) + head) * _words, _words);
                looked.Slice(head * words, words).CopyTo(bits);
                bits[words..].Clear();
            }

            Steps++;
        }

        public void Clear() => Steps = 0;

        /// <summary>A head's words from a step and a word on, and how many lie between those of two steps.</summary>
        public ReadOnlySpan<ulong> Of(int head, int step, int word, out int stride)
        {
            stride = kvHeads * _words;
            return _bits.AsSpan((((step * kvHeads) + head) * _words) + word);
        }
    }

    private sealed class Lane
    {
        /// <summary>TS: step of the last look; 0 for rows of the prompt.</summary>
        public RowBook<int> Seen { get; } = new();

        /// <summary>MRI: longest gap between looks; 0 before the first.</summary>
        public RowBook<int> Gap { get; } = new();

        /// <summary>There are so many rows in step <paramref name="t"/>; each of the last steps added one, others that are new came with the prompt.</summary>
        public void Grow(int rows, int t, int steps)
        {
            while (Seen.Count < rows)
            {
                var back = rows - 1 - Seen.Count;
                Seen.Add(back < steps ? t - back - 1 : 0);
                Gap.Add(0);
            }
        }

        /// <summary>MRI = max(MRI, t - TS) and TS = t for all rows that were looked at, in the steps up to <paramref name="t"/>.</summary>
        public void See(Looks looks, int head, int t)
        {
            Span<int> history = stackalloc int[64];
            for (var first = 0; first < looks.Steps; first += LookHistory.Steps)
            {
                var steps = Math.Min(LookHistory.Steps, looks.Steps - first);
                for (var row = 0; row < Seen.Count; row += 64)
                {
                    if (LookHistory.Gather(looks.Of(head, first, row >> 6, out var stride), stride, steps, history))
                        LookHistory.Follow(history, t - looks.Steps + first, Seen.Padded[row..], Gap.Padded[row..]);
                }
            }
        }

        public void Drop(ReadOnlySpan<int> rows)
        {
            Seen.Drop(rows);
            Gap.Drop(rows);
        }
    }
}
