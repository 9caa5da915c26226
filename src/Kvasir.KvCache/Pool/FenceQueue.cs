namespace Kvasir.KvCache.Pool;

/// <summary>Open steps and transfers, and the blocks that wait for them.</summary>
internal sealed class FenceQueue
{
    private readonly List<long> _open = [];
    private readonly Queue<(int Block, long Fence)> _waiting = new();
    private long _last;

    public int Waiting => _waiting.Count;

    public bool IsOpen => _open.Count > 0;

    public long Open()
    {
        _open.Add(++_last);
        return _last;
    }

    public void Close(long fence)
    {
        if (!_open.Remove(fence))
            throw new InvalidOperationException($"fence {fence} is not open");
    }

    /// <summary>The block may be freed when every fence that is open now has closed.</summary>
    public void Defer(int block) => _waiting.Enqueue((block, _last));

    public bool TryTakeReady(out int block)
    {
        block = -1;
        if (_waiting.Count == 0)
            return false;
        var oldest = _open.Count == 0 ? long.MaxValue : _open.Min();
        var (candidate, fence) = _waiting.Peek();
        if (oldest <= fence)
            return false;
        _waiting.Dequeue();
        block = candidate;
        return true;
    }
}
