using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Tests.Support;

namespace Kvasir.KvCache.Tests.Index;

/// <summary>A million random operations against a dictionary of prefixes: what is found, which block, who is evicted.</summary>
public class PrefixIndexModelTests
{
    private const int Rows = 16;
    private const int Capacity = 40;

    [Theory]
    [InlineData(11, 500_000)]
    [InlineData(12, 500_000)]
    public void Index_AgreesWithADictionaryOfPrefixes(int seed, int operations)
    {
        var run = new Run(seed);
        for (var i = 0; i < operations; i++)
            run.Step(i);
        run.Finish();
    }

    private sealed class Entry(BlockId block)
    {
        public BlockId Block { get; set; } = block;

        public long LastUse { get; set; }
    }

    private sealed class Run(int seed)
    {
        private readonly BlockPool _pool = new(TestLayouts.Small, new BlockPoolOptions { CapacityBlocks = Capacity });
        private readonly CacheScope[] _scopes = [TestScopes.Create(), TestScopes.Tenant("a")];
        private readonly Random _random = new(seed);
        private readonly List<PrefixMatch> _held = [];

        // A path is the scope's letter and all tokens up to the end of a block.
        private readonly Dictionary<string, Entry> _entries = [];
        private PrefixIndex _index = null!;
        private long _clock;

        public void Step(int operation)
        {
            _index ??= new PrefixIndex(_pool, new LruRetention());
            var scope = _random.Next(_scopes.Length);
            switch (_random.Next(10))
            {
                case < 5:
                    Match(scope, RandomTokens(), operation);
                    break;
                case < 8:
                    Insert(scope, RandomTokens());
                    break;
                case 8:
                    Evict(_random.Next(1, 4), operation);
                    break;
                default:
                    if (_held.Count > 0)
                        Drop(_random.Next(_held.Count));
                    if (_random.Next(2_000) == 0)
                        Clear(scope);
                    break;
            }

            Assert.True(_index.CachedBlocks == _entries.Count, $"seed {seed}, operation {operation}: {_index.CachedBlocks} blocks, {_entries.Count} expected");
            if (operation % 1_000 == 0)
            {
                _index.CheckIntegrity();
                _pool.CheckIntegrity();
            }
        }

        public void Finish()
        {
            while (_held.Count > 0)
                Drop(0);
            Evict(Capacity, -1);
            _index.CheckIntegrity();
            Assert.Equal((0, 0, 0L), (_pool.UsedBlocks, _index.CachedBlocks, _index.CachedTokens));
            _pool.Dispose();
        }

        private int[] RandomTokens()
        {
            // Runs of one token with rare changes: prefixes are shared often, and part anywhere.
            var tokens = new int[_random.Next(1, 60)];
            var token = _random.Next(2);
            for (var i = 0; i < tokens.Length; i++)
            {
                if (_random.Next(12) == 0)
                    token = _random.Next(2);
                tokens[i] = token;
            }

            return tokens;
        }

        private static string Path(int scope, ReadOnlySpan<int> tokens)
        {
            Span<char> path = stackalloc char[tokens.Length + 1];
            path[0] = (char)('A' + scope);
            for (var i = 0; i < tokens.Length; i++)
                path[i + 1] = (char)('0' + tokens[i]);
            return new string(path);
        }

        private static string Parent(string path) => path[..(1 + ((path.Length - 2) / Rows * Rows))];

        private void Touch(string path)
        {
            _clock++;
            for (; path.Length > 1; path = Parent(path))
                _entries[path].LastUse = _clock;
        }

        private void Match(int scope, int[] tokens, int operation)
        {
            var limit = _random.Next(4) == 0 ? _random.Next(tokens.Length + 1) : int.MaxValue;
            var path = Path(scope, tokens.AsSpan(0, Math.Min(tokens.Length, limit)));
            var longest = 0;
            foreach (var entry in _entries.Keys)
                longest = Math.Max(longest, path.AsSpan().CommonPrefixLength(entry) - 1);
            var match = _index.Match(_scopes[scope], tokens, limit);
            Assert.True(match.TokenCount == Math.Max(0, longest), $"seed {seed}, operation {operation}: {match.TokenCount} tokens found, {longest} expected");
            var last = "";
            for (var i = 0; i < match.Blocks.Count; i++)
            {
                // The block must be one whose path begins with the tokens found.
                var part = path[..(1 + Math.Min(match.TokenCount, (i + 1) * Rows))];
                var parent = Parent(part);
                last = _entries.Single(entry => entry.Value.Block == match.Blocks[i]).Key;
                Assert.True(last.StartsWith(part, StringComparison.Ordinal) && Parent(last) == parent, $"seed {seed}, operation {operation}: another block was found");
            }

            if (last.Length > 0)
                Touch(last);
            if (_held.Count < 4 && _random.Next(3) == 0)
                _held.Add(match);
            else
                match.Dispose();
        }

        private void Insert(int scope, int[] tokens)
        {
            var count = (tokens.Length + Rows - 1) / Rows;
            if (_pool.AvailableBlocks < count)
                Evict(count - _pool.AvailableBlocks, -1);
            if (!_pool.TryReserve(count, out var reservation))
                return;
            var blocks = new BlockId[count];
            for (var i = 0; i < count; i++)
            {
                blocks[i] = _pool.Allocate(reservation!, this);
                _pool.SetFilled(blocks[i], Math.Min(Rows, tokens.Length - (i * Rows)));
            }

            reservation!.Dispose();
            _index.Insert(_scopes[scope], tokens, blocks);
            var last = "";
            for (var i = 0; i < count; i++)
            {
                var path = Path(scope, tokens.AsSpan(0, Math.Min(tokens.Length, (i + 1) * Rows)));
                var parent = Parent(path);
                var same = _entries.Keys.Where(entry => entry.StartsWith(path, StringComparison.Ordinal) && Parent(entry) == parent).Min(StringComparer.Ordinal);
                if (same is null)
                {
                    var shorter = _entries.Keys.FirstOrDefault(entry => path.StartsWith(entry, StringComparison.Ordinal) && entry.Length > parent.Length);
                    if (shorter is not null)
                        _entries.Remove(shorter);
                    _entries.Add(path, new Entry(blocks[i]));
                    same = path;
                }

                last = same;
            }

            Touch(last);
            foreach (var block in blocks)
                _pool.Release(block);
        }

        private void Evict(int count, int operation)
        {
            var expected = new List<BlockId>();
            while (expected.Count < count)
            {
                var idle = _entries.Where(entry => _pool.References(entry.Value.Block) == 1 && IsLeaf(entry.Key)).ToArray();
                if (idle.Length == 0)
                    break;
                var victim = idle.MinBy(entry => entry.Value.LastUse);
                expected.Add(victim.Value.Block);
                _entries.Remove(victim.Key);
            }

            Assert.Equal(expected.Count, _index.Evict(count));
            foreach (var block in expected)
                Assert.True(_pool.State(block) == BlockState.Free, $"seed {seed}, operation {operation}: block {block.Value} should have been evicted");
        }

        private bool IsLeaf(string path) =>
            !_entries.Keys.Any(other => other.Length > path.Length && Parent(other).Length > 1 && other.StartsWith(path, StringComparison.Ordinal));

        private void Clear(int scope)
        {
            _index.Clear(_scopes[scope]);
            foreach (var path in _entries.Keys.Where(path => path[0] == 'A' + scope).ToArray())
                _entries.Remove(path);
        }

        private void Drop(int which)
        {
            _held[which].Dispose();
            _held.RemoveAt(which);
        }
    }
}
