using System.Runtime.InteropServices;
using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Lanes;
using Kvasir.Numerics.Memory;

namespace Kvasir.Numerics.Tests.Attention;

/// <summary>Keys come into a tile from any slots to any rows with the bits that one element after the other gives.</summary>
public sealed unsafe class KeyGatherTests
{
    private const int TileRows = AttentionScratch.TileRows;

    public static TheoryData<KvDataType> Types => [KvDataType.F32, KvDataType.F16, KvDataType.BF16, KvDataType.Q8_0, KvDataType.Q4_0];

    [Theory]
    [MemberData(nameof(Types))]
    public void AnySlots_ToAnyRows_GiveTheScalarBits_InEveryWidth(KvDataType type)
    {
        var random = new Random(1 + (int)type);
        for (int round = 0; round < 300; round++)
        {
            int seed = random.Next();
            Check<Lanes128>(type, seed);
            Check<Lanes256>(type, seed);
            Check<Lanes512>(type, seed);
        }
    }

    /// <summary>A block that begins, or ends, where the memory does: reading outside of it would end the process.</summary>
    [Theory]
    [MemberData(nameof(Types))]
    public void NothingIsReadOutsideTheBlock(KvDataType type)
    {
        var layout = new KvLayout(1, 1, 64, type, 32);
        nuint page = 64 << 10;
        using var region = new VirtualRegion(3 * page);
        region.Commit(page, page);
        using var scratch = new AttentionScratch(64, 1, 1);
        foreach (var slice in new[] { (nint)(region.Pointer + page), (nint)(region.Pointer + (2 * page) - layout.SliceBytes) })
        {
            Fill(new Span<byte>((byte*)slice, (int)layout.SliceBytes), new Random(3), layout);
            for (int slot = 0; slot < 32; slot++)
            {
                for (int row = 0; row < 16; row++)
                    Load<Lanes512>(scratch, layout, [(slice, slot, Math.Min(16 - Math.Max(slot % 16, row), 32 - slot), row)], $"{type}, slot {slot}, row {row}");
            }
        }
    }

    [Fact]
    public void Rotation_GivesTheScalarBits_HoweverRowsAreCut_AndLeavesTheOthers()
    {
        var random = new Random(5);
        for (int round = 0; round < 200; round++)
        {
            int headDim = 2 * random.Next(4, 40), half = random.Next(1, (headDim / 2) + 1);
            float[] cosSin = [.. Enumerable.Range(0, 2 * half).Select(_ => random.NextSingle() - 0.5f)];
            float[] tile = [.. Enumerable.Range(0, TileRows * headDim).Select(_ => random.NextSingle() - 0.5f)];
            int first = random.Next(TileRows), count = random.Next(1, TileRows - first + 1), cut = random.Next(count + 1);
            float[] expected = [.. tile];
            for (int row = first; row < first + count; row++)
                ScalarKeys.Rotate(expected, row, headDim, cosSin);
            Same(expected, Rotated<Lanes128>(tile, headDim, cosSin, (first, count)), $"round {round}, 128");
            Same(expected, Rotated<Lanes256>(tile, headDim, cosSin, (first, count)), $"round {round}, 256");
            Same(expected, Rotated<Lanes512>(tile, headDim, cosSin, (first, count)), $"round {round}, 512");
            Same(expected, Rotated<Lanes512>(tile, headDim, cosSin, (first, cut), (first + cut, count - cut)), $"round {round}, cut");
        }
    }

    private static float[] Rotated<TLanes>(float[] tile, int headDim, float[] cosSin, params (int First, int Count)[] parts)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        float[] result = [.. tile];
        fixed (float* at = result, turn = cosSin)
        {
            foreach (var (first, count) in parts)
                TileLoader<TLanes>.Rotate(at, headDim, first, count, turn, cosSin.Length / 2);
        }

        return result;
    }

    /// <summary>Fills the rows of a tile from random blocks, slots and counts, with gaps.</summary>
    private static void Check<TLanes>(KvDataType type, int seed)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var random = new Random(seed);
        int headDim = type is KvDataType.Q8_0 or KvDataType.Q4_0 ? 32 * random.Next(1, 4) : 2 * random.Next(4, 50);
        var layout = new KvLayout(1, random.Next(1, 3), headDim, type, 16 * random.Next(1, 4));
        using var memory = new NativeBuffer((nuint)(3 * layout.SliceBytes));
        Fill(memory.AsSpan<byte>(), random, layout);
        using var scratch = new AttentionScratch(headDim, 1, 1);
        var parts = new List<(nint, int, int, int)>();
        for (int row = random.Next(20); row < TileRows;)
        {
            int slot = random.Next(4) == 0 ? 0 : random.Next(layout.BlockRows);
            int count = Math.Min(16 - Math.Max(slot % 16, row % 16), random.Next(3) == 0 ? 16 : random.Next(1, 17));
            parts.Add(((nint)(memory.Pointer + (random.Next(3) * layout.SliceBytes) + layout.KeyOffset(random.Next(layout.KvHeads))), slot, count, row));
            row += count + (random.Next(4) == 0 ? random.Next(1, 20) : 0);
        }

        Load<TLanes>(scratch, layout, parts, $"{layout}, seed {seed}, {typeof(TLanes).Name}");
    }

    private static void Load<TLanes>(AttentionScratch scratch, KvLayout layout, IReadOnlyList<(nint Keys, int Slot, int Count, int Row)> parts, string what)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var gather = new KeyGather<TLanes>(layout, scratch);
        foreach (var (keys, slot, count, row) in parts)
            gather.Add((byte*)keys, slot, count, row);
        gather.Flush();
        foreach (var (keys, slot, count, row) in parts)
        {
            for (int i = 0; i < count; i++)
            {
                for (int d = 0; d < layout.HeadDim; d++)
                {
                    float expected = ScalarKeys.Read((byte*)keys, slot + i, d, layout);
                    float actual = scratch.Keys[ScalarKeys.At(row + i, d, layout.HeadDim)];
                    if (!AreSame(expected, actual))
                        Assert.Fail($"{what}: row {row + i}, dimension {d} is {actual:R}, expected {expected:R}");
                }
            }
        }
    }

    /// <summary>Random bytes; scales that are numbers.</summary>
    private static void Fill(Span<byte> memory, Random random, KvLayout layout)
    {
        random.NextBytes(memory);
        if (layout.Type is not (KvDataType.Q8_0 or KvDataType.Q4_0))
            return;
        for (int at = 0; at < memory.Length; at += layout.HeadBytes)
        {
            if (layout.Type == KvDataType.Q4_0)
            {
                foreach (ref ushort half in MemoryMarshal.Cast<byte, ushort>(memory.Slice(at + (layout.BlockRows * layout.HeadDim / 2), layout.ScaleBytesPerHead)))
                    half = Float16.FromSingle(random.NextSingle());
                continue;
            }

            var scales = MemoryMarshal.Cast<byte, float>(memory.Slice(at + (layout.BlockRows * layout.HeadDim), layout.ScaleBytesPerHead));
            foreach (ref float scale in scales)
                scale = random.NextSingle();
        }
    }

    private static void Same(float[] expected, float[] actual, string what)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (!AreSame(expected[i], actual[i]))
                Assert.Fail($"{what}: element {i} is {actual[i]:R}, expected {expected[i]:R}");
        }
    }

    private static bool AreSame(float a, float b) => float.IsNaN(a) ? float.IsNaN(b) : BitConverter.SingleToInt32Bits(a) == BitConverter.SingleToInt32Bits(b);
}
