using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tests.Support;

namespace Kvasir.KvCache.Tests.Pool;

/// <summary>A million random operations against a pool that is only a list of numbers.</summary>
public class BlockPoolModelTests
{
    private const int Capacity = 24;

    [Theory]
    [InlineData(1, 600_000)]
    [InlineData(2, 400_000)]
    public void Pool_AgreesWithItsModel(int seed, int operations)
    {
        using var run = new Run(seed);
        for (var i = 0; i < operations; i++)
            run.Step(i);
        run.Finish();
    }

    private sealed class Run(int seed) : IDisposable
    {
        private readonly BlockPool _pool = new(TestLayouts.Small, new BlockPoolOptions { CapacityBlocks = Capacity, PoisonFreedRows = true });
        private readonly Random _random = new(seed);
        private readonly List<BlockReservation> _reservations = [];
        private readonly List<int> _promised = [];
        private readonly Dictionary<BlockId, int> _references = [];
        private readonly HashSet<BlockId> _transfers = [];
        private readonly List<(BlockId Block, HashSet<long> Fences)> _quarantine = [];
        private readonly List<long> _fences = [];

        private int ModelFree => Capacity - _references.Count - _quarantine.Count;

        public void Step(int index)
        {
            switch (_random.Next(12))
            {
                case 0:
                    Reserve(_random.Next(5));
                    break;
                case 1 when _reservations.Count > 0:
                    Grow(_random.Next(_reservations.Count), _random.Next(4));
                    break;
                case 2 when _reservations.Count > 0 && _random.Next(3) == 0:
                    Return(_random.Next(_reservations.Count));
                    break;
                case 3 or 4 when _reservations.Count > 0:
                    Allocate(_random.Next(_reservations.Count));
                    break;
                case 5 when Any(out var block):
                    _pool.AddReference(block);
                    _references[block]++;
                    break;
                case 6 or 7 when Any(out var block):
                    if (!_transfers.Contains(block) || _references[block] > 1)
                        Release(block);
                    break;
                case 8 when _fences.Count < 4:
                    _fences.Add(_pool.OpenFence());
                    break;
                case 9 when _fences.Count > 0:
                    Close(_random.Next(_fences.Count));
                    break;
                case 10 when Any(out var block):
                    Transfer(block);
                    break;
                case 11 when _random.Next(50) == 0:
                    _pool.TrimCommitted();
                    break;
            }

            Compare(index);
            if (index % 5_000 == 0)
                _pool.CheckIntegrity();
        }

        public void Finish()
        {
            while (_transfers.Count > 0)
                Transfer(_transfers.First());
            while (_reservations.Count > 0)
                Return(0);
            while (Any(out var block))
                Release(block);
            while (_fences.Count > 0)
                Close(0);
            _pool.CheckIntegrity();
            Assert.Equal((Capacity, Capacity, 0), (_pool.FreeBlocks, _pool.AvailableBlocks, _pool.UsedBlocks));
            _pool.TrimCommitted();
            Assert.Equal(0, _pool.CommittedBytes);
        }

        public void Dispose() => _pool.Dispose();

        private bool Any(out BlockId block)
        {
            block = _references.Count == 0 ? default : _references.Keys.ElementAt(_random.Next(_references.Count));
            return _references.Count > 0;
        }

        private void Reserve(int blocks)
        {
            var expected = blocks <= ModelFree - _promised.Sum();
            Assert.Equal(expected, _pool.TryReserve(blocks, out var reservation));
            if (!expected)
                return;
            _reservations.Add(reservation!);
            _promised.Add(blocks);
        }

        private void Grow(int which, int blocks)
        {
            var expected = blocks <= ModelFree - _promised.Sum();
            Assert.Equal(expected, _reservations[which].TryGrow(blocks));
            _promised[which] += expected ? blocks : 0;
        }

        private void Return(int which)
        {
            _reservations[which].Dispose();
            _reservations.RemoveAt(which);
            _promised.RemoveAt(which);
        }

        private void Allocate(int which)
        {
            if (_promised[which] == 0)
                return;
            var block = _pool.Allocate(_reservations[which], this);
            _promised[which]--;
            Assert.DoesNotContain(block, _quarantine.Select(waiting => waiting.Block));
            _references.Add(block, 1);
            _pool.SetFilled(block, 16);
        }

        private void Release(BlockId block)
        {
            _pool.Release(block);
            if (--_references[block] > 0)
                return;
            _references.Remove(block);
            if (_fences.Count > 0)
                _quarantine.Add((block, [.. _fences]));
        }

        private void Close(int which)
        {
            var fence = _fences[which];
            _pool.CloseFence(fence);
            _fences.RemoveAt(which);
            foreach (var (_, fences) in _quarantine)
                fences.Remove(fence);
            _quarantine.RemoveAll(waiting => waiting.Fences.Count == 0);
        }

        private void Transfer(BlockId block)
        {
            if (_transfers.Add(block))
            {
                _pool.BeginTransfer(block);
                _references[block]++;
                return;
            }

            _transfers.Remove(block);
            _pool.EndTransfer(block);
            if (--_references[block] > 0)
                return;
            _references.Remove(block);
            if (_fences.Count > 0)
                _quarantine.Add((block, [.. _fences]));
        }

        private void Compare(int index)
        {
            var agrees = _pool.FreeBlocks == ModelFree && _pool.UsedBlocks == Capacity - ModelFree && _pool.ReservedBlocks == _promised.Sum();
            foreach (var (block, references) in _references)
                agrees &= _pool.References(block) == references && _pool.State(block) == (_transfers.Contains(block) ? BlockState.InTransfer : BlockState.Sealed);
            foreach (var (block, _) in _quarantine)
                agrees &= _pool.References(block) == 0 && _pool.State(block) == BlockState.Quarantined;
            Assert.True(agrees, $"seed {seed}, operation {index}: {_pool.FreeBlocks} blocks are free, {ModelFree} expected");
        }
    }
}
