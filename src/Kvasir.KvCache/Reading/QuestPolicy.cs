using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Kvasir.KvCache.Compression;

namespace Kvasir.KvCache.Reading;

/// <summary>
/// Quest (Tang et al. 2024, section 3): rows lie in pages of 16; a page's smallest and largest element of every key dimension bound the score
/// that any of its rows can have, and a token of the answer reads the pages with the highest bounds. No row is lost: the next token
/// may read others. The first two layers and the prompt are read densely.
/// </summary>
/// <remarks>
/// Query heads of a KV head read the same pages: a page counts for the highest of their bounds. The page that is being filled is always read.
/// Bounds are taken from the stored keys, once a page is full, so that it does not matter where its rows came from.
/// </remarks>
public sealed class QuestPolicy : IReadingPolicy
{
    private const int PageRows = 16;
    private const int DenseLayers = 2;
    private const int FewestPages = 3;

    /// <inheritdoc/>
    public string Name => "quest";

    /// <inheritdoc/>
    public bool ShapesPrompt => false;

    /// <inheritdoc/>
    public RowReader Start(ReadingShape shape) => new Reader(shape);

    /// <summary>What a page's keys can score at most: the sum over dimensions of the larger product with its bounds.</summary>
    /// <remarks>Lanes and their order are fixed, so that every instruction set gives the same bits.</remarks>
    internal static float Bound(ReadOnlySpan<float> query, ReadOnlySpan<float> smallest, ReadOnlySpan<float> largest)
    {
        smallest = smallest[..query.Length];
        largest = largest[..query.Length];
        var lanes = Vector512<float>.Zero;
        var d = 0;
        for (; d + 16 <= query.Length; d += 16)
        {
            var q = Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(query), (nuint)d);
            var low = q * Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(smallest), (nuint)d);
            var high = q * Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(largest), (nuint)d);
            lanes += Vector512.ConditionalSelect(Vector512.GreaterThan(low, high), low, high);
        }

        var half = lanes.GetLower() + lanes.GetUpper();
        var sums = half.GetLower() + half.GetUpper();
        var sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        for (; d < query.Length; d++)
            sum += Math.Max(query[d] * smallest[d], query[d] * largest[d]);
        return sum;
    }

    private sealed class Reader : RowReader
    {
        private readonly ReadingShape _shape;
        private readonly Pages[] _pages;

        public Reader(ReadingShape shape)
        {
            _shape = shape;
            _pages = [.. Enumerable.Range(0, shape.Layers * shape.KvHeads).Select(_ => new Pages(shape.HeadDim))];
        }

        public override long BookBytes => _pages.Sum(pages => 2L * pages.Count * _shape.HeadDim * sizeof(float));

        public override bool Select(in ReadingBlock block, RowRanges ranges)
        {
            var full = block.Last / PageRows;
            var wanted = Math.Max(FewestPages, _shape.Budget / PageRows);
            if (block.Layer < DenseLayers || full < wanted)
                return false;
            var pages = _pages[(block.Layer * _shape.KvHeads) + block.Head];
            Summarise(block, pages, full);
            var scores = pages.Scores;
            for (var page = 0; page < full; page++)
                scores[page] = Score(block.Queries, pages, page);
            pages.Chosen.Clear();
            TopRows.Add(scores[..full], wanted - 1, pages.Chosen);
            foreach (var page in pages.Chosen)
                ranges.Add(page * PageRows, (page + 1) * PageRows);
            ranges.Add(full * PageRows, block.Last + 1);
            return true;
        }

        /// <summary>Brings a head's bounds up to the pages that are full; those of rows that may be written again are forgotten.</summary>
        private void Summarise(in ReadingBlock block, Pages pages, int full)
        {
            pages.Count = Math.Min(pages.Count, full);
            while (pages.Count < full)
            {
                var page = pages.Open();
                block.Rows.KeyBounds(block.Head, page * PageRows, PageRows, pages.Smallest(page), pages.Largest(page));
            }
        }

        private float Score(ReadOnlySpan<float> queries, Pages pages, int page)
        {
            var highest = float.NegativeInfinity;
            for (var query = 0; query < _shape.Group; query++)
                highest = Math.Max(highest, Bound(queries.Slice(query * _shape.HeadDim, _shape.HeadDim), pages.Smallest(page), pages.Largest(page)));
            return highest;
        }
    }

    /// <summary>Bounds of a head's full pages.</summary>
    private sealed class Pages(int headDim)
    {
        private float[] _smallest = [];
        private float[] _largest = [];
        private float[] _scores = [];

        public int Count { get; set; }

        /// <summary>Room for the scores of all pages.</summary>
        public Span<float> Scores => _scores;

        /// <summary>Pages that are read; reused from call to call.</summary>
        public List<int> Chosen { get; } = [];

        public Span<float> Smallest(int page) => _smallest.AsSpan(page * headDim, headDim);

        public Span<float> Largest(int page) => _largest.AsSpan(page * headDim, headDim);

        /// <summary>Adds a page, whose bounds are still to be written. Returns its number.</summary>
        public int Open()
        {
            if (_smallest.Length < (Count + 1) * headDim)
            {
                Array.Resize(ref _smallest, Math.Max(64, 2 * Count) * headDim);
                Array.Resize(ref _largest, _smallest.Length);
                _scores = new float[_smallest.Length / headDim];
            }

            return Count++;
        }
    }
}
