using System.Buffers;

namespace Kvasir.Models;

/// <summary>Places by rank and then from left to right, as a binary heap of one number each in a borrowed array.</summary>
internal sealed class RankHeap(int capacity)
{
    private long[] _keys = ArrayPool<long>.Shared.Rent(capacity + 16);
    private int _count;

    /// <summary>Adds without keeping the order; <see cref="Order"/> makes it.</summary>
    public void Append(int rank, int at)
    {
        if (_count == _keys.Length)
            Grow();
        _keys[_count++] = ((long)rank << 32) | (uint)at;
    }

    /// <summary>Orders what was appended.</summary>
    public void Order() => _keys.AsSpan(0, _count).Sort();

    public void Add(int rank, int at)
    {
        Append(rank, at);
        long key = _keys[_count - 1];
        int place = _count - 1;
        while (place > 0)
        {
            int parent = (place - 1) >> 1;
            if (_keys[parent] <= key)
                break;
            _keys[place] = _keys[parent];
            place = parent;
        }

        _keys[place] = key;
    }

    public bool TryTake(out int rank, out int at)
    {
        if (_count == 0)
        {
            (rank, at) = (0, 0);
            return false;
        }

        long top = _keys[0];
        (rank, at) = ((int)(top >> 32), (int)top);
        long last = _keys[--_count];
        int place = 0;
        while (true)
        {
            int child = (2 * place) + 1;
            if (child >= _count)
                break;
            if (child + 1 < _count && _keys[child + 1] < _keys[child])
                child++;
            if (_keys[child] >= last)
                break;
            _keys[place] = _keys[child];
            place = child;
        }

        _keys[place] = last;
        return true;
    }

    /// <summary>Gives the array back; the heap is not used any more.</summary>
    public void Return()
    {
        ArrayPool<long>.Shared.Return(_keys);
        _keys = [];
    }

    private void Grow()
    {
        long[] larger = ArrayPool<long>.Shared.Rent(_keys.Length * 2);
        _keys.AsSpan(0, _count).CopyTo(larger);
        ArrayPool<long>.Shared.Return(_keys);
        _keys = larger;
    }
}
