using Kvasir.Compute.Tests.Oracle;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Compute.Tests;

public sealed unsafe class KvStoreTests
{
    public static TheoryData<KvDataType> Types => AttentionTests.Types;

    [Theory]
    [MemberData(nameof(Types))]
    public void WrittenRows_ReadBackAsTheirTypeRoundsThem(KvDataType type)
    {
        var layout = new KvLayout(1, 2, 64, type);
        Backends.ForAll((backend, where) =>
        {
            using var block = backend.Allocate((nuint)layout.BlockBytes);
            var (keys, values) = Write(backend, block, layout, [0, 3, 15, 16, 31]);
            for (int i = 0; i < 5; i++)
            {
                int slot = new[] { 0, 3, 15, 16, 31 }[i];
                for (int head = 0; head < 2; head++)
                {
                    var key = ScalarKv.Stored(keys.AsSpan((i * 128) + (head * 64), 64), type);
                    var value = ScalarKv.Stored(values.AsSpan((i * 128) + (head * 64), 64), type);
                    for (int d = 0; d < 64; d++)
                    {
                        Assert.True(key[d].Equals(ScalarKv.Read(block.Pointer, slot, head, d, key: true, layout)), $"key {slot} {head} {d}, {where}");
                        Assert.True(value[d].Equals(ScalarKv.Read(block.Pointer, slot, head, d, key: false, layout)), $"value {slot} {head} {d}, {where}");
                    }
                }
            }
        });
    }

    [Fact]
    public void ARowWithoutASlice_IsNotStored_AndItsNeighboursAre()
    {
        var layout = new KvLayout(1, 1, 16, KvDataType.F32);
        Backends.ForAll((backend, where) =>
        {
            using var block = backend.Allocate((nuint)layout.BlockBytes);
            float[] rows = [.. Enumerable.Range(1, 3 * 32).Select(i => (float)i)];
            fixed (float* at = rows)
            {
                backend.WriteKv(at, at + 16, 32, [new() { Slice = block.Pointer, Slot = 1 }, new() { Slot = 2 }, new() { Slice = block.Pointer, Slot = 3 }], layout);
            }

            Assert.True(ScalarKv.Read(block.Pointer, 1, 0, 5, key: true, layout) == 6, where);
            Assert.True(ScalarKv.Read(block.Pointer, 2, 0, 5, key: true, layout) == 0, where);
            Assert.True(ScalarKv.Read(block.Pointer, 3, 0, 5, key: false, layout) == 86, where);
        });
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void ARowsBytes_DependOnTheRowOnly(KvDataType type)
    {
        var layout = new KvLayout(1, 3, 32, type);
        int[] slots = [.. Enumerable.Range(0, 32)];
        byte[]? first = null;
        Backends.ForAll((backend, where) =>
        {
            using var together = backend.Allocate((nuint)layout.BlockBytes);
            using var alone = backend.Allocate((nuint)layout.BlockBytes);
            var (keys, values) = Write(backend, together, layout, slots);
            foreach (int slot in slots.Reverse())
            {
                fixed (float* k = keys, v = values)
                    backend.WriteKv(k + (slot * 96), v + (slot * 96), 96, [new KvWriteRow { Slice = alone.Pointer, Slot = slot }], layout);
            }

            first ??= together.AsSpan<byte>().ToArray();
            Assert.True(first.AsSpan().SequenceEqual(together.AsSpan<byte>()), where);
            Assert.True(first.AsSpan().SequenceEqual(alone.AsSpan<byte>()), where);
        });
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void CopiedRows_AreTheSameBytes_AndTouchNothingElse(KvDataType type)
    {
        var layout = new KvLayout(1, 2, 32, type);
        Backends.Best(backend =>
        {
            using var from = backend.Allocate((nuint)layout.BlockBytes);
            using var to = backend.Allocate((nuint)layout.BlockBytes);
            using var expected = backend.Allocate((nuint)layout.BlockBytes);
            var (keys, values) = Write(backend, from, layout, [.. Enumerable.Range(0, 32)]);
            backend.CopyKvRows(from.Pointer, 5, to.Pointer, 14, 9, layout);
            for (int i = 0; i < 9; i++)
            {
                fixed (float* k = keys, v = values)
                    backend.WriteKv(k + ((5 + i) * 64), v + ((5 + i) * 64), 64, [new KvWriteRow { Slice = expected.Pointer, Slot = 14 + i }], layout);
            }

            Assert.True(expected.AsSpan<byte>().SequenceEqual(to.AsSpan<byte>()));
        });
    }

    private static (float[] Keys, float[] Values) Write(CpuBackend backend, NativeBuffer block, KvLayout layout, int[] slots)
    {
        var random = new Random(9);
        int width = layout.KvHeads * layout.HeadDim;
        var keys = new float[slots.Length * width];
        var values = new float[slots.Length * width];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = (random.NextSingle() - 0.5f) * 10f;
            values[i] = (random.NextSingle() - 0.5f) * (i % 40 == 0 ? 1e-6f : 3f);
        }

        KvWriteRow[] targets = [.. slots.Select(slot => new KvWriteRow { Slice = block.Pointer, Slot = slot })];
        fixed (float* k = keys, v = values)
            backend.WriteKv(k, v, width, targets, layout);
        return (keys, values);
    }
}
