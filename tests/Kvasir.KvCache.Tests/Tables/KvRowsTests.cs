using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tests.Tables;

/// <summary>Rows of random bytes against the places that the remarks of <see cref="KvLayout"/> give them, written down once more.</summary>
public sealed unsafe class KvRowsTests
{
    public static TheoryData<KvDataType, int> Layouts => new()
    {
        { KvDataType.F32, 16 },
        { KvDataType.F32, 48 },
        { KvDataType.F16, 32 },
        { KvDataType.BF16, 32 },
        { KvDataType.Q8_0, 16 },
        { KvDataType.Q8_0, 64 },
        { KvDataType.Q4_0, 16 },
        { KvDataType.Q4_0, 48 },
    };

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Read_GathersARowInTheOrderOfTheLayout(KvDataType type, int blockRows)
    {
        var layout = Create(type, blockRows);
        using var slice = Random(layout, seed: 1);
        var row = new byte[KvRows.RowBytes(layout)];
        for (var slot = 0; slot < blockRows; slot++)
        {
            KvRows.Read(layout, slice.Pointer, slot, row);
            var places = Places(layout, slot);
            Assert.Equal(row.Length, places.Count);
            Assert.Equal([.. places.Select(place => slice.Pointer[place])], row);
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void PlacesOfAllRows_AreDistinctAndInsideTheSlice(KvDataType type, int blockRows)
    {
        var layout = Create(type, blockRows);
        var places = Enumerable.Range(0, blockRows).SelectMany(slot => Places(layout, slot)).ToList();
        Assert.Equal(places.Count, places.Distinct().Count());
        Assert.InRange(places.Max(), 0, layout.SliceBytes - 1);
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Copy_MovesTheBytesOfTheRowsAndNothingElse(KvDataType type, int blockRows)
    {
        var layout = Create(type, blockRows);
        var random = new Random(2);
        for (var round = 0; round < 40; round++)
        {
            using var from = Random(layout, 100 + round);
            using var to = Random(layout, 200 + round);
            var expected = to.AsSpan<byte>().ToArray();
            int count = random.Next(blockRows + 1), fromSlot = random.Next(blockRows - count + 1), toSlot = random.Next(blockRows - count + 1);
            Move(layout, from.Pointer, fromSlot, expected, toSlot, count);
            KvRows.Copy(layout, from.Pointer, fromSlot, to.Pointer, toSlot, count);
            Assert.True(to.AsSpan<byte>().SequenceEqual(expected), $"round {round}: rows {fromSlot} to {toSlot}, {count} of them");
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void RowsThatMoveDownWithinASlice_MayOverlap(KvDataType type, int blockRows)
    {
        var layout = Create(type, blockRows);
        for (var distance = 0; distance < blockRows; distance++)
        {
            using var slice = Random(layout, distance);
            using var before = Random(layout, distance);
            var expected = slice.AsSpan<byte>().ToArray();
            Move(layout, before.Pointer, distance, expected, 0, blockRows - distance);
            KvRows.Copy(layout, slice.Pointer, distance, slice.Pointer, 0, blockRows - distance);
            Assert.True(slice.AsSpan<byte>().SequenceEqual(expected), $"distance {distance}");
        }
    }

    private static KvLayout Create(KvDataType type, int blockRows) => new(1, 3, 64, type, blockRows);

    private static NativeBuffer Random(KvLayout layout, int seed)
    {
        var slice = new NativeBuffer((nuint)layout.SliceBytes);
        new Random(seed).NextBytes(slice.AsSpan<byte>());
        return slice;
    }

    private static void Move(KvLayout layout, byte* from, int fromSlot, byte[] to, int toSlot, int count)
    {
        for (var row = 0; row < count; row++)
        {
            foreach (var (source, target) in Places(layout, fromSlot + row).Zip(Places(layout, toSlot + row)))
                to[target] = from[source];
        }
    }

    /// <summary>Offsets of a row's bytes: per head key elements, key scales, value elements, value scales.</summary>
    private static List<int> Places(KvLayout layout, int slot)
    {
        var element = layout.Type switch { KvDataType.F32 => 4, KvDataType.Q8_0 or KvDataType.Q4_0 => 1, _ => 2 };
        var count = layout.Type == KvDataType.Q4_0 ? layout.HeadDim / 2 : layout.HeadDim;
        var scale = layout.Type == KvDataType.Q4_0 ? 2 : 4;
        var scales = layout.Type is KvDataType.Q8_0 or KvDataType.Q4_0 ? layout.HeadDim / 32 : 0;
        var elements = layout.BlockRows * count * element;
        var part = (elements + (layout.BlockRows * scales * scale) + 63) / 64 * 64;
        int group = slot / 16, lane = slot % 16;
        var places = new List<int>();
        for (var head = 0; head < layout.KvHeads; head++)
        {
            int keys = 2 * head * part, values = keys + part;
            for (var d = 0; d < count; d++)
                Add(keys + (((group * count * 16) + (d * 16) + lane) * element), element);
            for (var s = 0; s < scales; s++)
                Add(keys + elements + (((group * scales * 16) + (s * 16) + lane) * scale), scale);
            Add(values + (slot * count * element), count * element);
            Add(values + elements + (slot * scales * scale), scales * scale);
        }

        return places;

        void Add(int first, int bytes) => places.AddRange(Enumerable.Range(first, bytes));
    }
}
