using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Tests.Support;

namespace Kvasir.KvCache.Tests.Index;

public class InFlightPromptsTests
{
    [Fact]
    public void Promise_EndsWithItsHandle()
    {
        var prompts = new InFlightPrompts();
        var scope = TestScopes.Create();
        var first = prompts.Announce(scope, [1, 2, 3, 4]);
        var second = prompts.Announce(scope, [1, 2, 9]);
        Assert.Equal(4, prompts.LongestPromise(scope, [1, 2, 3, 4, 5]));
        Assert.Equal(0, prompts.LongestPromise(TestScopes.Tenant("b"), [1, 2, 3]));
        first.Dispose();
        first.Dispose();
        Assert.Equal((2, 1), (prompts.LongestPromise(scope, [1, 2, 3, 4, 5]), prompts.Count));
        second.Dispose();
        Assert.Equal((0, 0), (prompts.LongestPromise(scope, [1, 2, 3, 4, 5]), prompts.Count));
    }

    [Fact]
    public void LongestPromise_AgreesWithASearch()
    {
        const int Seed = 21;
        var random = new Random(Seed);
        var prompts = new InFlightPrompts();
        CacheScope[] scopes = [TestScopes.Create(), TestScopes.Tenant("a")];
        var announced = new List<(int Scope, string Path, InFlightPrompts.Handle Handle)>();
        for (var operation = 0; operation < 1_000_000; operation++)
        {
            var scope = random.Next(2);
            var tokens = new int[random.Next(1, 12)];
            for (var i = 0; i < tokens.Length; i++)
                tokens[i] = random.Next(8) == 0 ? 1 : 0;
            var path = string.Concat(tokens);
            switch (random.Next(4))
            {
                case 0 when announced.Count < 12:
                    announced.Add((scope, path, prompts.Announce(scopes[scope], tokens)));
                    break;
                case 1 when announced.Count > 0:
                    var which = random.Next(announced.Count);
                    announced[which].Handle.Dispose();
                    announced.RemoveAt(which);
                    break;
                default:
                    var expected = 0;
                    foreach (var other in announced)
                        expected = other.Scope == scope ? Math.Max(expected, path.AsSpan().CommonPrefixLength(other.Path)) : expected;
                    var found = prompts.LongestPromise(scopes[scope], tokens);
                    Assert.True(found == expected, $"seed {Seed}, operation {operation}: {found} tokens promised, {expected} expected");
                    break;
            }
        }

        Assert.Equal(announced.Count, prompts.Count);
    }
}
