using Kvasir.Compute.Tests.Oracle;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Compute.Tests;

public sealed unsafe class AllocationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void AStepsOperations_AllocateNothing_OnceTheyHaveRun(int threads)
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = threads });
        using var weights = Weights.Random(DataType.Q8_0, 192, 96, seed: 1);
        using var packed = backend.Pack([weights.Source]);
        using var rope = new RopeTable([.. Enumerable.Range(0, 16).Select(i => 1.0 / (i + 1))], 4096);
        using var memory = backend.Allocate(1 << 16);
        var layout = new KvLayout(1, 1, 32, KvDataType.F16, 32);
        using var pool = backend.Allocate((nuint)(layout.BlockBytes * 64));
        var segments = new KvSegment[64];
        for (int i = 0; i < segments.Length; i++)
            segments[i] = new KvSegment { Slice = pool.Pointer + (i * layout.BlockBytes), Count = 32, FirstRow = 32 * i, BasePosition = 32 * i };
        var rows = new QueryRow[1];
        rows[0].Position = 2000;
        long before = 0;
        fixed (KvSegment* s = segments)
        fixed (QueryRow* r = rows)
        {
            var view = new KvView { Segments = s, SegmentCount = segments.Length };
            float* x = (float*)memory.Pointer;
            float* y = x + 1024;
            var batch = new AttentionBatch
            {
                Queries = y,
                QueryStride = 96,
                Output = y + 512,
                Rows = r,
                RowCount = 1,
                Views = &view,
                ViewCount = 1,
                QueryHeads = 3,
                Scale = 0.2f,
                Layout = layout,
                LogSumExp = y + 1024,
            };
            long end = 2001, start = 0;
            var probe = new AttentionProbe
            {
                RowCount = 1,
                ColumnCount = 2001,
                ColumnMass = y + 2048,
                RangeMass = y + 1030,
                RangeCount = 1,
                RangeStarts = &start,
                RangeEnds = &end,
            };
            var survey = new AttentionSurvey { Length = 2001, Columns = y + 4096, Diagonals = y + 6144 };
            for (int step = 0; step < 30; step++)
            {
                if (step == 10)
                    before = GC.GetAllocatedBytesForCurrentThread();
                backend.RmsNorm(x, 1, 96, x, 1e-5f, x);
                backend.MatMul(x, 1, packed, y);
                backend.Rope(y, 1, 192, 4, 32, rope, [2000]);
                backend.WriteKv(y + 96, y + 128, 192, [new KvWriteRow { Slice = segments[62].Slice, Slot = 16 }], layout);
                backend.Attend(batch);
                backend.ObserveAttention(batch, probe);
                backend.SurveyAttention(batch, survey);
                backend.SiluGate(y, 1, 48, x);
                backend.Add(x, y, 96);
            }

            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }
}
