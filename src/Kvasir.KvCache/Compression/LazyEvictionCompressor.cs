using System.Runtime.InteropServices;

namespace Kvasir.KvCache.Compression;

/// <summary>What LazyEviction remembers: for every row when it was looked at last (TS) and its longest gap (MRI).</summary>
internal sealed class LazyEvictionCompressor : Compressor
{
    private readonly CompressionShape _shape;
    private readonly LazyEvictionOptions _options;
    private readonly RowBook<Entry>[] _books;

    public LazyEvictionCompressor(CompressionShape shape, LazyEvictionOptions options)
    {
        _shape = shape;
        _options = options;
        _books = new RowBook<Entry>[shape.Layers * shape.KvHeads];
        for (var i = 0; i < _books.Length; i++)
            _books[i] = new RowBook<Entry>();
    }

    /// <param name="Seen">TS: step of the last look; 0 for rows of the prompt.</param>
    /// <param name="Gap">MRI: longest gap between looks; 0 before the first.</param>
    /// <param name="Born">Step in which it was written; 0 for rows of the prompt.</param>
    internal record struct Entry(int Seen, int Gap, int Born);

    public override bool NeedsAnswerWeights => true;

    public override bool DropsInAnswer => true;

    public override int LagRows => 1 << 29; // the whole prompt stays until the first eviction

    /// <summary>The books of a lane, for checks.</summary>
    internal ReadOnlySpan<Entry> Entries(int layer, int head) => _books[(layer * _shape.KvHeads) + head].Entries;

    public override void Answer(in AnswerSignals signals, RowDrops drops)
    {
        var t = signals.Step;
        for (var head = 0; head < _shape.KvHeads; head++)
        {
            var book = _books[(signals.Layer * _shape.KvHeads) + head];
            var rows = signals.LaneRows[head];
            while (book.Count < rows)
                book.Add(book.Count == rows - 1 ? new Entry(t - 1, 0, t) : default);
            Track(book.Entries, signals, head, rows);
            if (rows <= _shape.Budget || t % _options.Window != 0)
                continue;
            var dropped = drops.Dropped(head);
            Choose(book.Entries, t, dropped);
            book.Drop(CollectionsMarshal.AsSpan(dropped));
        }
    }

    private void Track(Span<Entry> entries, in AnswerSignals signals, int head, int rows)
    {
        for (var q = head * _shape.Group; q < (head + 1) * _shape.Group; q++)
        {
            var weights = signals.WeightsOf(q, rows);
            for (var row = 0; row < rows; row++)
            {
                ref var entry = ref entries[row];
                if (weights[row] < _options.Threshold || entry.Seen == signals.Step)
                    continue;
                entry.Gap = Math.Max(entry.Gap, signals.Step - entry.Seen);
                entry.Seen = signals.Step;
            }
        }
    }

    private void Choose(ReadOnlySpan<Entry> entries, int t, List<int> dropped)
    {
        var old = new List<int>(entries.Length);
        for (var row = 0; row < entries.Length; row++)
        {
            if (entries[row].Born <= t - _options.Window)
                old.Add(row);
        }

        // The least worthy go: the best of the negated scores; among equals the higher row, so that the lower one stays.
        var scores = new float[old.Count];
        for (var i = 0; i < scores.Length; i++)
            scores[i] = -(float)Score(entries[old[^(i + 1)]], t);
        var worst = new List<int>();
        TopRows.Add(scores, entries.Length - _shape.Budget, worst);
        foreach (var i in worst)
            dropped.Add(old[^(i + 1)]);
        dropped.Sort();
    }

    private double Score(Entry entry, int t)
    {
        if (_options.ByTimestamp)
            return entry.Seen;
        var gap = entry.Gap + 1e-5;
        var silence = (t - entry.Seen) / gap;
        var h1 = _options.UsesSilence ? 2 * Sigmoid(_options.PaperForm ? -silence : -1 - silence) : 0;
        var h2 = _options.UsesFrequency && entry.Gap > 0 ? 2 * Sigmoid(-(entry.Gap - 1)) : 0;
        return entry.Gap > 0 ? h1 + h2 : 0;
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
