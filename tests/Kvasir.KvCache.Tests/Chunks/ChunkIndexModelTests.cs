using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tests.Support;

namespace Kvasir.KvCache.Tests.Chunks;

/// <summary>Random operations against a list of runs: which variants there are, who is dropped, which fragments are found.</summary>
public class ChunkIndexModelTests
{
    private const int Rows = ChunkRig.Rows;
    private const int MaxBlocks = 40;
    private const int MaxVariants = 3;

    [Theory]
    [InlineData(21, 60_000)]
    [InlineData(22, 60_000)]
    public void Index_AgreesWithAListOfRuns(int seed, int operations)
    {
        using var run = new Run(seed);
        for (var i = 0; i < operations; i++)
            run.Step(i);
        run.Finish();
    }

    private sealed record Entry(KvRun Run, int Scope, string Text, string Before)
    {
        public double Worth { get; set; }

        public long LastUse { get; set; }
    }

    private sealed class Run(int seed) : IDisposable
    {
        // Every place of a window is kept, so that the naive search must agree.
        private readonly ChunkRig _rig = new(new()
        {
            MaxBlocks = MaxBlocks, MaxVariants = MaxVariants, Window = 4, MinFragment = 7, MaxCandidates = 1_000, HalfLifeTurnovers = 2,
        }, capacity: 400);

        private readonly CacheScope[] _scopes = [TestScopes.Create(), TestScopes.Tenant("a")];
        private readonly Random _random = new(seed);
        private readonly List<Entry> _entries = [];
        private readonly List<List<BlockId>> _written = [];
        private long _uses;
        private long _evictions;

        public void Step(int operation)
        {
            var what = $"seed {seed}, operation {operation}";
            switch (_random.Next(20))
            {
                case < 6:
                    Add(what);
                    break;
                case < 10:
                    Use();
                    break;
                case < 14:
                    Lookup(what);
                    break;
                case < 18:
                    Find(what);
                    break;
                case 18:
                    Evict(what);
                    break;
                default:
                    if (_random.Next(200) == 0)
                        Clear();
                    break;
            }

            Assert.True(_rig.Index.Runs == _entries.Count, $"{what}: {_rig.Index.Runs} runs, {_entries.Count} expected");
            Assert.True(_rig.Index.HeldBlocks == Held(), $"{what}: {_rig.Index.HeldBlocks} blocks, {Held()} expected");
            Assert.Equal(_evictions, _rig.Index.Evictions);
            if (operation % 500 != 0)
                return;
            _rig.Index.CheckIntegrity();
            _rig.Pool.CheckIntegrity();
        }

        public void Finish()
        {
            foreach (var blocks in _written)
                _rig.Release(blocks);
            _rig.Index.CheckIntegrity();
            Assert.Equal(Held(), _rig.Pool.UsedBlocks);
            _rig.Index.Evict(int.MaxValue);
            _rig.Index.CheckIntegrity();
            _rig.Pool.CheckIntegrity();
            Assert.Equal((0, 0, 0), (_rig.Pool.UsedBlocks, _rig.Index.Runs, _rig.Index.HeldBlocks));
        }

        public void Dispose() => _rig.Dispose();

        // Few tokens, so that texts have stretches in common.
        private int[] Text(int least, int most) => [.. Enumerable.Range(0, _random.Next(least, most)).Select(_ => _random.Next(4) == 0 ? 1 : 0)];

        private int[] KnownText() => _entries.Count > 0 && _random.Next(3) > 0 ? Pick().Run.Tokens.ToArray() : Text(1, 60);

        private Entry Pick() => _entries[_random.Next(_entries.Count)];

        private int Held() => _entries.SelectMany(entry => entry.Run.Blocks).Distinct().Count();

        private void Add(string what)
        {
            var scope = _random.Next(_scopes.Length);
            var tokens = KnownText();
            var context = _random.Next(4) == 0 ? null : ChunkRig.Behind([.. Enumerable.Range(0, _random.Next(3)).Select(_ => _random.Next(2))]);
            IReadOnlyList<BlockId> blocks;
            var slot = 0;
            if (_random.Next(3) == 0 && _entries.Find(entry => entry.Run.Length >= tokens.Length + 3 && entry.Run.FirstSlot == 0) is { } host)
            {
                // Lies in blocks of another run, which may hold them alone.
                slot = 3;
                blocks = [.. host.Run.Blocks.Take((slot + tokens.Length + Rows - 1) / Rows)];
            }
            else
            {
                var written = _rig.Write(tokens.Length);
                _written.Add(written);
                blocks = written;
            }

            var run = _rig.Index.Add(_scopes[scope], tokens, 0, blocks, slot, context);
            Expect(what, scope, tokens, context, blocks, run);
            while (_written.Count > 10)
            {
                _rig.Release(_written[0]);
                _written.RemoveAt(0);
            }
        }

        private void Expect(string what, int scope, int[] tokens, ChunkContext? context, IReadOnlyList<BlockId> blocks, KvRun? run)
        {
            Assert.True(run is not null == blocks.Count <= MaxBlocks, what);
            var text = string.Join(' ', tokens);
            var before = context is null ? "unknown" : string.Join(' ', context.Before);
            var variants = _entries.FindAll(entry => entry.Scope == scope && entry.Text == text);
            var older = variants.Find(entry => entry.Before == before);
            if (older is not null)
                _entries.Remove(older);
            else if (variants.Count == MaxVariants)
                Drop(variants.OrderBy(entry => entry.Worth).ThenBy(entry => entry.LastUse).First());
            while (_entries.SelectMany(entry => entry.Run.Blocks).Concat(blocks).Distinct().Count() > MaxBlocks)
                Drop(Least());
            var added = new Entry(run!, scope, text, before) { Worth = older?.Worth ?? 0 };
            _entries.Add(added);
            Count(added, older is null ? 1 : 0);
        }

        private Entry Least() => _entries.OrderBy(entry => entry.Worth).ThenBy(entry => entry.LastUse).First();

        private void Drop(Entry entry)
        {
            _entries.Remove(entry);
            _evictions++;
        }

        private void Count(Entry used, double value)
        {
            var fade = Math.Pow(0.5, used.Run.Blocks.Count / (2.0 * MaxBlocks));
            foreach (var entry in _entries)
                entry.Worth *= fade;
            used.Worth += value;
            used.LastUse = ++_uses;
        }

        private void Use()
        {
            if (_entries.Count == 0)
                return;
            var entry = Pick();
            var value = _random.NextDouble() * 5;
            _rig.Index.Used(entry.Run, value);
            Count(entry, value);
        }

        private void Lookup(string what)
        {
            var scope = _random.Next(_scopes.Length);
            var tokens = KnownText();
            var text = string.Join(' ', tokens);
            var expected = _entries.Where(entry => entry.Scope == scope && entry.Text == text).Select(entry => entry.Run);
            Assert.True(expected.SequenceEqual(_rig.Variants(tokens, _scopes[scope])), what);
        }

        private void Find(string what)
        {
            var scope = _random.Next(_scopes.Length);
            int[] prompt = [.. KnownText(), .. Text(0, 6), .. KnownText()];
            var start = _random.Next(prompt.Length);
            var end = _random.Next(start, prompt.Length + 1);
            var found = _rig.Find(prompt, start, end, _scopes[scope]);
            var texts = _entries.Where(entry => entry.Scope == scope).GroupBy(entry => entry.Text).ToDictionary(group => group.Key, group => group.Last().Run);
            var expected = NaiveFragments.Find([.. texts.Values.Select(run => run.Tokens.ToArray())], prompt, start, end, window: 4, least: 7);
            Assert.True(expected.SequenceEqual(found.Select(hit => (hit.Start, hit.Length))), $"{what}: {string.Join(", ", found)} for {string.Join(", ", expected)}");
            foreach (var hit in found)
            {
                Assert.True(prompt.AsSpan(hit.Start, hit.Length).SequenceEqual(hit.Run.Tokens.Span.Slice(hit.RunStart, hit.Length)), what);
                Assert.True(texts.ContainsValue(hit.Run), $"{what}: not the newest variant of a text of this scope");
            }
        }

        private void Evict(string what)
        {
            var blocks = _random.Next(1, 6);
            var held = Held();
            var evicted = _rig.Index.Evict(blocks);
            while (held - Held() < blocks && _entries.Count > 0)
                Drop(Least());
            Assert.True(evicted == held - Held(), what);
        }

        private void Clear()
        {
            var scope = _random.Next(-1, _scopes.Length);
            _rig.Index.Clear(scope < 0 ? null : _scopes[scope]);
            _entries.RemoveAll(entry => scope < 0 || entry.Scope == scope);
        }
    }
}
