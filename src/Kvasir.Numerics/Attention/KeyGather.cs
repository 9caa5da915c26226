using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Attention;

/// <summary>
/// Brings stored keys into a tile group by group, wherever their rows lie: fragments of one group are put together in their stored form,
/// lane by lane of bytes, and then widened as a whole group is. What a row becomes does not depend on how it is cut.
/// </summary>
/// <param name="layout">Layout of the blocks.</param>
/// <param name="scratch">Receives the keys.</param>
internal unsafe ref struct KeyGather<TLanes>(KvLayout layout, AttentionScratch scratch)
    where TLanes : unmanaged, ILanes<TLanes>
{
    private int _group;
    private int _count;

    /// <summary>
    /// Adds rows that lie in one group in the block and in the tile; tile rows ascend. Other rows of the tile's group hold anything until
    /// their own fragments come.
    /// </summary>
    public void Add(byte* keys, int slot, int count, int tileRow)
    {
        if (tileRow / KvLayout.RowGroup != _group)
            Flush();
        _group = tileRow / KvLayout.RowGroup;
        scratch.Fragments[_count++] = new KeyFragment(keys, slot, count, tileRow % KvLayout.RowGroup);
    }

    /// <summary>Loads what was added since the last group was complete.</summary>
    public void Flush()
    {
        if (_count == 0)
            return;
        ref readonly var lead = ref scratch.Fragments[0];
        var elements = lead.Elements(layout);
        var scales = layout.IsQuantized ? lead.Scales(layout) : null;
        if (lead.IsAtTheEdge)
            elements = Blend(scratch.Gathered, lead, elements, layout.ElementBytes, layout.Elements, scratch.Gathered);
        for (var i = 1; i < _count; i++)
        {
            ref readonly var next = ref scratch.Fragments[i];
            elements = Blend(elements, next, next.Elements(layout), layout.ElementBytes, layout.Elements, scratch.Gathered);
            if (layout.IsQuantized)
                scales = Blend(scales, next, next.Scales(layout), layout.ScaleBytes, layout.Scales, scratch.Gathered + (layout.RowBytes * KvLayout.RowGroup));
        }

        TileLoader<TLanes>.KeyGroup(elements, scales, layout, scratch.Keys + (_group * KvLayout.RowGroup * layout.HeadDim));
        _count = 0;
    }

    /// <summary>result[i][lane] = the fragment's lanes from <paramref name="from"/>, the others from <paramref name="others"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static byte* Blend(byte* others, in KeyFragment fragment, byte* from, int size, int count, byte* result)
    {
        var width = KvLayout.RowGroup * size;
        var mask = stackalloc byte[KvLayout.RowGroup * sizeof(float)];
        new Span<byte>(mask, width).Clear();
        new Span<byte>(mask + (fragment.First * size), (fragment.End - fragment.First) * size).Fill(0xFF);
        var i = 0;
        if (fragment.IsAtTheEdge)
        {
            for (; i < width; i++)
                result[i] = mask[i] != 0 ? from[i] : others[i];
        }

        var end = count * width;
        if (size == 1)
        {
            var lanes = Vector128.Load(mask);
            for (; i < end; i += width)
                Vector128.ConditionalSelect(lanes, Vector128.Load(from + i), Vector128.Load(others + i)).Store(result + i);
        }
        else if (size == 2)
        {
            var lanes = Vector256.Load(mask);
            for (; i < end; i += width)
                Vector256.ConditionalSelect(lanes, Vector256.Load(from + i), Vector256.Load(others + i)).Store(result + i);
        }
        else
        {
            var lower = Vector256.Load(mask);
            var upper = Vector256.Load(mask + 32);
            for (; i < end; i += width)
            {
                Vector256.ConditionalSelect(lower, Vector256.Load(from + i), Vector256.Load(others + i)).Store(result + i);
                Vector256.ConditionalSelect(upper, Vector256.Load(from + i + 32), Vector256.Load(others + i + 32)).Store(result + i + 32);
            }
        }

        return result;
    }
}
