using Kvasir.Grammars.Tests.Schemas;

namespace Kvasir.Grammars.Tests;

public sealed class GrammarCacheTests
{
    [Fact]
    public void AGrammarIsCompiledOnce_ForAllWhoAsk()
    {
        var cache = new GrammarCache(RandomWriter.Vocabulary);
        var made = 0;
        var grammars = new CompiledGrammar[16];
        Parallel.For(0, grammars.Length, i => grammars[i] = cache.GetOrCompile("regex", "a+", () =>
        {
            Interlocked.Increment(ref made);
            return Grammar.FromRegex("a+");
        }));
        Assert.Equal(1, made);
        Assert.All(grammars, grammar => Assert.Same(grammars[0], grammar));
    }

    [Fact]
    public void TheLeastRecentlyUsedGoesFirst()
    {
        var cache = new GrammarCache(RandomWriter.Vocabulary, capacity: 2);
        var a = cache.GetOrCompile("regex", "a", () => Grammar.FromRegex("a"));
        cache.GetOrCompile("regex", "b", () => Grammar.FromRegex("b"));
        Assert.Same(a, cache.GetOrCompile("regex", "a", () => throw new InvalidOperationException("it is kept")));
        cache.GetOrCompile("regex", "c", () => Grammar.FromRegex("c"));
        Assert.Equal(2, cache.Count);
        Assert.Same(a, cache.GetOrCompile("regex", "a", () => throw new InvalidOperationException("it is kept")));
    }

    [Fact]
    public void AFailureIsNotKept()
    {
        var cache = new GrammarCache(RandomWriter.Vocabulary);
        Assert.Throws<GrammarException>(() => cache.GetOrCompile("regex", "(", () => Grammar.FromRegex("(")));
        Assert.Equal(0, cache.Count);
        Assert.NotNull(cache.GetOrCompile("regex", "(", () => Grammar.FromRegex("a")));
    }

    [Fact]
    public void TheSameSourceOfAnotherKindIsAnotherGrammar()
    {
        var cache = new GrammarCache(RandomWriter.Vocabulary);
        var regex = cache.GetOrCompile("regex", "ab", () => Grammar.FromRegex("ab"));
        Assert.NotSame(regex, cache.GetOrCompile("literal", "ab", () => Grammar.Literal("ab")));
    }
}
