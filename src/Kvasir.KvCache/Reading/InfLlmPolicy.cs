using System.Runtime.Intrinsics;
using Kvasir.KvCache.Compression;

namespace Kvasir.KvCache.Reading;

/// <summary>
/// InfLLM (Xiao et al. 2024, section 3): rows that have left the local window lie in blocks of memory; a block stands by the four of its rows
/// whose keys had the largest mean score from the queries that followed. Queries of the prompt and of the answer read the first rows, the
/// window, and the blocks whose representatives score highest, over all query rows that read together.
/// </summary>
/// <remarks>
/// Not as published: far rows keep their true positions instead of sharing one (no better here, docs/kv-compression.md); mean scores come from the whole 64s of queries that follow a
/// block in the window, the same for all of its rows; query heads of a KV head share a choice, by the sum of their scores. A budget has
/// 128 first rows or an eighth, a third for the window (published: two thirds of 6,272 rows, which loses more here), the rest for blocks; these
/// have 128 rows, and fewer where it is below 2,048, so that there is something to choose among. What a block stands by depends on queries,
/// which are not kept with rows: their sums over 64 rows are, beside the prefix cache.
/// </remarks>
/// <param name="chunkRows">Most rows of a prompt in one step, a multiple of <see cref="RowReader.BlockRows"/>. Changes no bit.</param>
public sealed class InfLlmPolicy(int chunkRows = 256) : IReadingPolicy
{
    private const int MostInitial = 128;
    private const int MostBlockRows = 128;
    private const int FewestBlockRows = 16;
    private const int Representatives = 4;

    /// <inheritdoc/>
    public string Name => "infllm";

    /// <inheritdoc/>
    public bool ShapesPrompt => true;

    /// <inheritdoc/>
    public bool ShapesAnswer => true;

    /// <inheritdoc/>
    public int ChunkRows => chunkRows;

    /// <inheritdoc/>
    public RowReader Start(ReadingShape shape) => new Reader(shape);

    private sealed class Reader : RowReader
    {
        private readonly ReadingShape _shape;
        private readonly int _initial;
        private readonly int _memoryRows;
        private readonly int _windowBlocks;
        private readonly int _wanted;
        private readonly Memory[] _memories;

        public Reader(ReadingShape shape)
        {
            _shape = shape;
            _initial = Math.Min(MostInitial, shape.Budget / 8);
            _memoryRows = FewestBlockRows;
            while (_memoryRows < MostBlockRows && _memoryRows * 32 <= shape.Budget)
                _memoryRows *= 2;
            _windowBlocks = Math.Max(1, shape.Budget / 3 / BlockRows);
            _wanted = Math.Max(1, (shape.Budget - _initial - (_windowBlocks * BlockRows)) / _memoryRows);
            _memories = [.. Enumerable.Range(0, shape.Layers * shape.KvHeads).Select(_ => new Memory())];
        }

        public override int SparseEnd => _shape.Point;

        // The rows of a last block that is not full depend on where it ends.
        public override int SharedLength => _shape.Point / BlockRows * BlockRows;

        public override int NoteSize => _memories.Length * _shape.HeadDim;

        public override long BookBytes => _memories.Sum(memory => (long)(memory.Queries.Length + memory.Keys.Length) * sizeof(float));

        public override void Note(int block, Span<float> notes)
        {
            for (var i = 0; i < _memories.Length; i++)
                Part(ref _memories[i].Queries, block).CopyTo(notes[(i * _shape.HeadDim)..]);
        }

        public override void Take(int block, ReadOnlySpan<float> notes)
        {
            for (var i = 0; i < _memories.Length; i++)
                notes.Slice(i * _shape.HeadDim, _shape.HeadDim).CopyTo(Part(ref _memories[i].Queries, block));
        }

        public override void GoOnFrom(RowReader parent)
        {
            for (var i = 0; i < _memories.Length; i++)
                _memories[i].Copy(((Reader)parent)._memories[i]);
        }

        public override void See(in ReadingQueries queries)
        {
            for (var head = 0; head < _shape.KvHeads; head++)
            {
                var memory = MemoryOf(queries.Layer, head);
                for (var row = 0; row < queries.Count; row++)
                {
                    var position = queries.Start + row;
                    var sum = Part(ref memory.Queries, position / BlockRows);
                    if (position % BlockRows == 0)
                        sum.Clear();
                    for (var query = head * _shape.Group; query < (head + 1) * _shape.Group; query++)
                        Add(sum, queries.Of(row, query * _shape.HeadDim, _shape.HeadDim));
                }
            }
        }

        public override bool Select(in ReadingBlock block, RowRanges ranges)
        {
            var first = _initial / _memoryRows;
            var left = Math.Max(0, (block.Start / BlockRows) - _windowBlocks) * BlockRows / _memoryRows;
            if (left - first <= _wanted)
                return false;
            var memory = MemoryOf(block.Layer, block.Head);
            while (memory.Count < left)
                Represent(block, memory);
            if (memory.Scores.Length < left)
                memory.Scores = new float[2 * left];

            Span<float> query = stackalloc float[_shape.HeadDim];
            if (block.Start < _shape.Point)
                Part(ref memory.Queries, block.Start / BlockRows).CopyTo(query);
            else
                SumGroup(block.Queries, query);
            for (var i = first; i < left; i++)
                memory.Scores[i] = Dot(query, Part(ref memory.Keys, i));
            memory.Chosen.Clear();
            TopRows.Add(memory.Scores.AsSpan(first, left - first), _wanted, memory.Chosen, first);
            ranges.Add(0, _initial);
            foreach (var chosen in memory.Chosen)
                ranges.Add(chosen * _memoryRows, (chosen + 1) * _memoryRows);
            ranges.Add(left * _memoryRows, block.Start);
            return true;
        }

        /// <summary>Finds what the next block of memory stands by: the sum of the keys that its following queries score highest.</summary>
        private void Represent(in ReadingBlock block, Memory memory)
        {
            var start = memory.Count * _memoryRows;
            var following = (start + _memoryRows + BlockRows - 1) / BlockRows;
            Span<float> query = stackalloc float[_shape.HeadDim];
            Span<float> key = stackalloc float[_shape.HeadDim];
            Span<float> value = stackalloc float[_shape.HeadDim];
            Span<float> scores = stackalloc float[_memoryRows];
            query.Clear();
            for (var i = following; i < following + _windowBlocks; i++)
                Add(query, Part(ref memory.Queries, i));
            for (var row = 0; row < _memoryRows; row++)
            {
                block.Rows.Read(block.Head, start + row, key, value);
                scores[row] = Dot(query, key);
            }

            memory.Chosen.Clear();
            TopRows.Add(scores, Representatives, memory.Chosen, start);
            var sum = Part(ref memory.Keys, memory.Count++);
            sum.Clear();
            foreach (var row in memory.Chosen)
            {
                block.Rows.Read(block.Head, row, key, value);
                Add(sum, key);
            }
        }

        private Memory MemoryOf(int layer, int head) => _memories[(layer * _shape.KvHeads) + head];

        private Span<float> Part(ref float[] parts, int index)
        {
            if (parts.Length < (index + 1) * _shape.HeadDim)
                Array.Resize(ref parts, Math.Max(32, 2 * index) * _shape.HeadDim);
            return parts.AsSpan(index * _shape.HeadDim, _shape.HeadDim);
        }

        private void SumGroup(ReadOnlySpan<float> queries, Span<float> sum)
        {
            sum.Clear();
            for (var query = 0; query < _shape.Group; query++)
                Add(sum, queries.Slice(query * _shape.HeadDim, _shape.HeadDim));
        }
    }

    private static void Add(Span<float> sums, ReadOnlySpan<float> values)
    {
        for (var d = 0; d < sums.Length; d++)
            sums[d] += values[d];
    }

    /// <remarks>Lanes and their order are fixed, so that every instruction set gives the same bits.</remarks>
    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var lanes = Vector512<float>.Zero;
        var d = 0;
        for (; d + 16 <= a.Length; d += 16)
            lanes += Vector512.Create(a.Slice(d, 16)) * Vector512.Create(b.Slice(d, 16));
        var half = lanes.GetLower() + lanes.GetUpper();
        var sums = half.GetLower() + half.GetUpper();
        var sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        for (; d < a.Length; d++)
            sum += a[d] * b[d];
        return sum;
    }

    /// <summary>What is known of a KV head of a layer.</summary>
    private sealed class Memory
    {
        /// <summary>Sums of the queries of every 64 rows, over the query heads of the KV head.</summary>
        public float[] Queries = [];

        /// <summary>Sums of the representatives' keys of every block of memory.</summary>
        public float[] Keys = [];

        public float[] Scores = [];

        /// <summary>Blocks of memory whose representatives are found.</summary>
        public int Count { get; set; }

        public List<int> Chosen { get; } = [];

        public void Copy(Memory other)
        {
            Queries = [.. other.Queries];
            Keys = [.. other.Keys];
            Count = other.Count;
        }
    }
}
