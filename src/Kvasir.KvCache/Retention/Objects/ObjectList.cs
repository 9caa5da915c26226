using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention.Objects;

/// <summary>A queue of objects from oldest to newest, linked through its nodes, that knows its bytes.</summary>
internal sealed class ObjectList
{
    public int Count { get; private set; }

    public long Bytes { get; private set; }

    public ObjectNode? Oldest { get; private set; }

    public ObjectNode? Newest { get; private set; }

    /// <summary>Adds a node that is in no list, as the newest.</summary>
    public void Add(ObjectNode node)
    {
        node.List = this;
        node.Older = Newest;
        node.Newer = null;
        if (Newest is null)
            Oldest = node;
        else
            Newest.Newer = node;
        Newest = node;
        Count++;
        Bytes += node.Bytes;
    }

    public void Remove(ObjectNode node)
    {
        if (node.List != this)
            throw new InvalidOperationException("retention: an object leaves a list that it is not in");
        if (node.Older is null)
            Oldest = node.Newer;
        else
            node.Older.Newer = node.Newer;
        if (node.Newer is null)
            Newest = node.Older;
        else
            node.Newer.Older = node.Older;
        node.List = null;
        node.Older = node.Newer = null;
        Count--;
        Bytes -= node.Bytes;
    }

    /// <summary>Makes a node of this list its newest.</summary>
    public void Renew(ObjectNode node)
    {
        if (node == Newest)
            return;
        Remove(node);
        Add(node);
    }

    /// <summary>The oldest one that may go, or null.</summary>
    public ObjectNode? OldestAllowed(Func<BlockKey, bool> mayEvict)
    {
        var node = Oldest;
        while (node is not null && !mayEvict(node.Key))
            node = node.Newer;
        return node;
    }
}
