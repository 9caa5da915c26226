using Kvasir.Compute.Tests.Oracle;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Compute.Tests;

/// <summary>Sequences that begin with the same blocks are worked on together: no bit of any of them may show it.</summary>
public sealed unsafe class CascadeTests
{
    private const int BlockRows = 32;

    [Theory]
    [InlineData(KvDataType.F16, 64, 6, 2)]
    [InlineData(KvDataType.F32, 48, 5, 5)]
    [InlineData(KvDataType.BF16, 80, 8, 1)]
    [InlineData(KvDataType.Q8_0, 32, 6, 3)]
    [InlineData(KvDataType.Q4_0, 64, 6, 3)]
    public void SequencesWithACommonPrefix_GiveTheBitsThatTheyGiveAlone(KvDataType type, int headDim, int queryHeads, int kvHeads)
    {
        // Two families in turns, so that neighbours in the call are strangers; lengths of common and own rows below, at and above the
        // borders of tiles and splits; one sequence with many rows and one with none in common.
        (int Family, int Common, int Own, int Rows)[] sequences =
        [
            (1, 1568, 40, 1), (2, 128, 1, 1), (1, 1568, 700, 1), (2, 128, 33, 2), (1, 1568, 1, 1), (3, 0, 90, 1),
            (2, 128, 600, 1), (1, 544, 64, 20), (1, 544, 65, 4), (2, 96, 7, 1), (1, 1568, 129, 3), (2, 128, 2, 1),
        ];
        Backends.ForAll((backend, where) =>
        {
            using var call = new Call(backend, new KvLayout(1, kvHeads, headDim, type, BlockRows), queryHeads, sequences);
            var together = call.Run(0, sequences.Length);
            for (int i = 0, row = 0; i < sequences.Length; row += sequences[i++].Rows)
            {
                var alone = call.Run(i, i + 1);
                Bits.Equal(alone, together.AsSpan(row * queryHeads * headDim, alone.Length), $"{type}, sequence {i}, {where}");
            }
        });
    }

    private sealed class Call : IDisposable
    {
        private readonly CpuBackend _backend;
        private readonly KvLayout _layout;
        private readonly int _queryHeads;
        private readonly List<NativeBuffer> _memory = [];
        private readonly (int Family, int Common, int Own, int Rows)[] _sequences;
        private readonly KvView[] _views;
        private readonly List<QueryRow> _rows = [];
        private readonly float[] _queries;

        public Call(CpuBackend backend, KvLayout layout, int queryHeads, (int Family, int Common, int Own, int Rows)[] sequences)
        {
            _backend = backend;
            _layout = layout;
            _queryHeads = queryHeads;
            _sequences = sequences;
            var random = new Random(7);
            var families = new Dictionary<int, List<nint>>();
            _views = new KvView[sequences.Length];
            for (int i = 0; i < sequences.Length; i++)
            {
                var (family, common, own, rows) = sequences[i];
                if (!families.TryGetValue(family, out var blocks))
                    families.Add(family, blocks = [.. Enumerable.Range(0, sequences.Where(s => s.Family == family).Max(s => s.Common) / BlockRows).Select(_ => Block(random))]);
                int count = ((common + own - 1) / BlockRows) + 1;
                var segments = (KvSegment*)Take((nuint)(count * sizeof(KvSegment)));
                for (int s = 0; s < count; s++)
                {
                    segments[s].Slice = (byte*)(s < common / BlockRows ? blocks[s] : Block(random));
                    segments[s].Count = Math.Min(BlockRows, common + own - (s * BlockRows));
                    segments[s].FirstRow = s * BlockRows;
                    segments[s].BasePosition = s * BlockRows;
                }

                _views[i] = new KvView { Segments = segments, SegmentCount = count };
                for (int r = 0; r < rows; r++)
                    _rows.Add(new QueryRow { View = i, Position = common + own - rows + r, Visibility = VisibilityKind.Causal });
            }

            _queries = new float[_rows.Count * queryHeads * layout.HeadDim];
            for (int i = 0; i < _queries.Length; i++)
                _queries[i] = random.NextSingle() - 0.5f;
        }

        /// <summary>Attention of the rows of some of the sequences.</summary>
        public float[] Run(int first, int end)
        {
            int skip = _sequences[..first].Sum(s => s.Rows), count = _sequences[first..end].Sum(s => s.Rows);
            int width = _queryHeads * _layout.HeadDim;
            var output = new float[count * width];
            var rows = _rows.GetRange(skip, count).ToArray();
            fixed (float* queries = _queries, result = output)
            fixed (QueryRow* at = rows)
            fixed (KvView* views = _views)
            {
                _backend.Attend(new AttentionBatch
                {
                    Queries = queries + (skip * width),
                    QueryStride = width,
                    Output = result,
                    Rows = at,
                    RowCount = count,
                    Views = views,
                    ViewCount = _views.Length,
                    QueryHeads = _queryHeads,
                    Scale = 0.3f,
                    Layout = _layout,
                });
            }

            return output;
        }

        public void Dispose()
        {
            foreach (var buffer in _memory)
                buffer.Dispose();
        }

        private byte* Take(nuint bytes)
        {
            var buffer = new NativeBuffer(bytes);
            _memory.Add(buffer);
            return buffer.Pointer;
        }

        private nint Block(Random random)
        {
            var slice = Take((nuint)_layout.BlockBytes);
            var values = new float[2 * _layout.KvHeads * _layout.HeadDim];
            fixed (float* at = values)
            {
                for (int slot = 0; slot < BlockRows; slot++)
                {
                    for (int i = 0; i < values.Length; i++)
                        values[i] = (random.NextSingle() - 0.5f) * 4;
                    _backend.WriteKv(at, at + (values.Length / 2), values.Length, [new KvWriteRow { Slice = slice, Slot = slot }], _layout);
                }
            }

            return (nint)slice;
        }
    }
}
