using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Tests.Retention;

internal sealed class S3FifoModel : PolicyModel
{
    private readonly List<Item> _small = [];
    private readonly List<Item> _main = [];
    private readonly List<(BlockKey Key, long Bytes)> _ghosts = [];

    private double Bytes => _small.Sum(item => item.Facts.Bytes) + _main.Sum(item => item.Facts.Bytes);

    protected override void Added(Item item) => (_ghosts.RemoveAll(ghost => ghost.Key == item.Key) > 0 ? _main : _small).Add(item);

    protected override void Used(Item item, int promptTokens) => item.Uses = Math.Min(3, item.Uses + 1);

    protected override void Removed(Item item, bool evicted)
    {
        if (_small.Remove(item) && evicted)
            _ghosts.Add((item.Key, item.Facts.Bytes));
        _main.Remove(item);
        while (_ghosts.Count > 0 && (_ghosts.Count > Items.Count || _ghosts.Sum(ghost => ghost.Bytes) > (long)(0.9 * Bytes)))
            _ghosts.RemoveAt(0);
    }

    protected override Item? Choose(double seconds, List<Item> allowed) => IsSmallFull
        ? FromSmall(allowed) ?? FromMain(allowed)
        : FromMain(allowed) ?? FromSmall(allowed);

    private bool IsSmallFull => _small.Sum(item => item.Facts.Bytes) >= 0.1 * Bytes;

    private Item? FromSmall(List<Item> allowed)
    {
        foreach (var item in _small.ToArray())
        {
            if (item.Uses > 1)
            {
                _small.Remove(item);
                item.Uses = 0;
                _main.Add(item);
                if (!IsSmallFull && FromMain(allowed) is { } victim)
                    return victim;
            }
            else if (allowed.Contains(item))
            {
                return item;
            }
        }

        return null;
    }

    private Item? FromMain(List<Item> allowed)
    {
        if (!_main.Exists(allowed.Contains))
            return null;
        while (true)
        {
            foreach (var item in _main.ToArray())
            {
                if (!allowed.Contains(item))
                    continue;
                if (item.Uses == 0)
                    return item;
                item.Uses--;
                _main.Remove(item);
                _main.Add(item);
            }
        }
    }
}
