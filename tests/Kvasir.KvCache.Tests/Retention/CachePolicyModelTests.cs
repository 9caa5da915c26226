using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Retention.Objects;

namespace Kvasir.KvCache.Tests.Retention;

/// <summary>Random operations on every policy against the same policy over plain lists.</summary>
public class CachePolicyModelTests
{
    private const double TimeToLive = 40;

    [Theory]
    [InlineData("lru", 1)]
    [InlineData("lru", 2)]
    [InlineData("lfu", 1)]
    [InlineData("lfu", 2)]
    [InlineData("tinylfu", 1)]
    [InlineData("tinylfu", 2)]
    [InlineData("s3-fifo", 1)]
    [InlineData("s3-fifo", 2)]
    [InlineData("cost-aware", 1)]
    [InlineData("cost-aware", 2)]
    [InlineData("ttl", 1)]
    [InlineData("ttl", 2)]
    public void Policy_ChoosesWhatItsModelChooses(string name, int seed)
    {
        PolicyModel model = name switch
        {
            "lru" => new LruModel(),
            "lfu" => new LfuModel(),
            "tinylfu" => new TinyLfuModel(),
            "s3-fifo" => new S3FifoModel(),
            "cost-aware" => new CostModel(),
            _ => new TtlModel(TimeToLive),
        };
        new Run(seed, CachePolicies.Create(name, TimeSpan.FromSeconds(TimeToLive)), model).Go(40_000);
    }

    private sealed class Run(int seed, ICachePolicy policy, PolicyModel model)
    {
        private const int Objects = 60;
        private readonly Random _random = new(seed);
        private readonly HashSet<BlockKey> _present = [];
        private double _seconds = 1.7e9;
        private int _chosen;

        public void Go(int operations)
        {
            for (var i = 0; i < operations; i++)
            {
                _seconds += _random.Next(4) == 0 ? _random.NextDouble() * 5 : 0;

                // Low numbers come more often, so that policies that count have something to count.
                var key = Keys.Of((int)(Math.Pow(_random.NextDouble(), 2) * 2 * Objects));
                switch (_random.Next(40))
                {
                    case 0:
                        Remove(key);
                        break;
                    case 1:
                        Choose(i, Forbidding(_random.NextDouble()));
                        break;
                    default:
                        AskFor(key, i);
                        break;
                }
            }

            while (_present.Count > 0)
                Choose(operations, Keys.Any);
            Choose(operations, Keys.Any);
            Assert.True(_chosen > operations / 10, $"seed {seed}: only {_chosen} victims were chosen");
        }

        private void AskFor(BlockKey key, int operation)
        {
            var promptTokens = _random.Next(3) * _random.Next(5_000);
            if (_present.Contains(key) || _random.Next(20) == 0)
            {
                policy.Use(key, _seconds, promptTokens);
                model.Use(key, _seconds, promptTokens);
                return;
            }

            while (_present.Count >= Objects && Choose(operation, Forbidding(0.2)))
            {
            }

            var facts = new CacheObject(_random.Next(1, 100), _random.Next(1_000), promptTokens, _seconds);
            policy.Add(key, facts);
            model.Add(key, facts);
            _present.Add(key);
        }

        private bool Choose(int operation, Func<BlockKey, bool> mayEvict)
        {
            var found = policy.TryChooseVictim(_seconds, mayEvict, out var victim);
            model.Check(_seconds, mayEvict, found, victim, $"seed {seed}, operation {operation}");
            if (!found)
                return false;
            _chosen++;
            if (_random.Next(10) > 0)
                Remove(victim);
            return true;
        }

        private void Remove(BlockKey key)
        {
            policy.Remove(key);
            model.Remove(key);
            _present.Remove(key);
        }

        private Func<BlockKey, bool> Forbidding(double share)
        {
            var forbidden = _present.Where(_ => _random.NextDouble() < share).ToHashSet();
            return key => !forbidden.Contains(key);
        }
    }
}
