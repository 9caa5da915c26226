using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Identity;

namespace Kvasir.Engine.Blending;

/// <summary>A prompt cut at the borders of its reusable parts: the parts, and the texts between them, each named by its content.</summary>
internal sealed class PromptSegments
{
    private PromptSegments(Segment[] items, BlockKey[] keys)
    {
        Items = items;
        Keys = keys;
    }

    /// <summary>The segments, ascending, without gaps, to the end of the last part.</summary>
    public IReadOnlyList<Segment> Items { get; }

    /// <summary>True when the first segment is a text in front of all parts.</summary>
    public bool HasSystemText => Items.Count > 0 && !Items[0].IsPart;

    /// <summary>Their names.</summary>
    public IReadOnlyList<BlockKey> Keys { get; }

    /// <param name="Start">First position.</param>
    /// <param name="Length">Tokens.</param>
    /// <param name="IsPart">True for a reusable part, false for a text between two.</param>
    internal readonly record struct Segment(int Start, int Length, bool IsPart)
    {
        public int End => Start + Length;
    }

    /// <summary>Cuts a prompt.</summary>
    public static PromptSegments Cut(CacheScope scope, ReadOnlySpan<int> prompt, IReadOnlyList<ChunkPart> parts)
    {
        var items = new List<Segment>();
        var at = 0;
        foreach (var part in parts)
        {
            if (part.Start > at)
                items.Add(new Segment(at, part.Start - at, IsPart: false));
            items.Add(new Segment(part.Start, part.Length, IsPart: true));
            at = part.End;
        }

        var keys = new BlockKey[items.Count];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = ChunkIndex.KeyOf(scope, prompt.Slice(items[i].Start, items[i].Length));
        return new PromptSegments([.. items], keys);
    }

    /// <summary>Names of what stands before a segment, in order.</summary>
    public IReadOnlyList<BlockKey> Before(int segment) => new ArraySegment<BlockKey>((BlockKey[])Keys, 0, segment);

    /// <summary>Names of the segments that end at or before a position.</summary>
    public IReadOnlyList<BlockKey> BeforePosition(int position)
    {
        var count = 0;
        while (count < Items.Count && Items[count].End <= position)
            count++;
        return Before(count);
    }
}
