namespace Kvasir.Grammars.Tests.Engine;

public sealed class MaskTests
{
    private const int LongestText = 7;

    // All that the random grammars can write, and some that they cannot.
    private static readonly int[] Bytes = ['a', 'b', 'c', 'd', '"', 0xC3, 0xA9, 0xA8, 0];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void AMaskHoldsExactlyTheTokensThatCanBeCompleted(int seed)
    {
        var random = new Random(seed);
        var compiled = 0;
        for (var round = 0; round < 40; round++)
        {
            var node = RandomGrammars.Grammar(random);
            var vocabulary = RandomGrammars.Vocabulary(random);
            var naive = new NaiveRecognizer(node);
            CompiledGrammar grammar;
            try
            {
                grammar = CompiledGrammar.Compile(new Grammar(node), vocabulary);
            }
            catch (GrammarException)
            {
                Assert.False(naive.Read([]).Prefix, $"seed {seed}, round {round}: a grammar with sentences was refused");
                continue;
            }

            compiled++;
            Walk(grammar, naive, random, $"seed {seed}, round {round}");
        }

        Assert.True(compiled > 20, $"only {compiled} grammars had sentences");
    }

    [Fact]
    public void AFullCacheChangesNoMask()
    {
        var random = new Random(7);
        for (var round = 0; round < 20; round++)
        {
            var node = RandomGrammars.Grammar(random);
            var vocabulary = RandomGrammars.Vocabulary(random);
            if (!new NaiveRecognizer(node).Read([]).Prefix)
                continue;
            var small = CompiledGrammar.Compile(new Grammar(node), vocabulary, new GrammarLimits { MaxCachedSets = 3, MaxMaskBytes = 300 });
            Walk(small, new NaiveRecognizer(node), random, $"round {round}");
        }
    }

    [Theory]
    [InlineData("x*y")]
    [InlineData("x*y.{0,2}")]
    [InlineData(".{0,3}")]
    [InlineData(".{5,}")]
    [InlineData("(aa|b)*c{0,2}.")]
    [InlineData("é{0,3}|.{2}")]
    [InlineData("[^é]*|é{0,4}")]
    [InlineData("(.{3})*")]
    [InlineData("[ -~]{0,40}")]
    [InlineData("(日|本|語){2,}.?")]
    [InlineData("[^x]*x[^x]{0,2}")]
    public void ShortCutsOverPlainTokensChangeNoMask(string pattern)
    {
        var grammar = Read.Compile(Grammar.FromRegex(pattern));
        var random = new Random(3);
        var mask = new uint[grammar.Vocabulary.MaskWords];
        for (var walk = 0; walk < 20; walk++)
        {
            var matcher = grammar.CreateMatcher();
            for (var step = 0; step < 12; step++)
            {
                matcher.FillMask(mask);
                var allowed = Enumerable.Range(0, grammar.Vocabulary.Size).Where(token => matcher.Clone().TryAccept(token)).ToArray();
                var masked = Enumerable.Range(0, grammar.Vocabulary.Size).Where(token => (mask[token >> 5] >> (token & 31) & 1) != 0);
                Assert.Equal(allowed, masked);
                if (allowed.Length == 0)
                    break;
                matcher.TryAccept(allowed[random.Next(allowed.Length)]);
            }
        }
    }

    private static void Walk(CompiledGrammar grammar, NaiveRecognizer naive, Random random, string name)
    {
        var vocabulary = grammar.Vocabulary;
        var mask = new uint[vocabulary.MaskWords + 1];
        for (var walk = 0; walk < 3; walk++)
        {
            var matcher = grammar.CreateMatcher();
            var text = new List<byte>();
            while (true)
            {
                var where = $"{name}, after '{Convert.ToHexString([.. text])}'";
                matcher.FillMask(mask);
                Assert.True(naive.Read([.. text]).Sentence == matcher.CanEnd, $"{where}: CanEnd is {matcher.CanEnd}");
                var allowed = new List<int>();
                for (var token = 0; token < vocabulary.Size; token++)
                {
                    var bytes = vocabulary.TextOf(token).ToArray();
                    var expected = bytes.Length > 0 && naive.Read([.. text, .. bytes]).Prefix;
                    var inMask = (mask[token >> 5] >> (token & 31) & 1) != 0;
                    Assert.True(expected == inMask, $"{where}: token {token} ({Convert.ToHexString(bytes)}) is {(inMask ? "" : "not ")}in the mask");
                    var clone = matcher.Clone();
                    Assert.True(clone.TryAccept(token) == expected, $"{where}: TryAccept disagrees on token {token}");
                    if (expected)
                        allowed.Add(token);
                }

                Assert.Equal(matcher.CanEnd && allowed.Count == 0, matcher.IsFinished);
                CheckForced(matcher, naive, text, where);
                if (allowed.Count == 0 || text.Count > LongestText)
                    break;
                var next = allowed[random.Next(allowed.Count)];
                Assert.True(matcher.TryAccept(next));
                text.AddRange(vocabulary.TextOf(next).ToArray());
            }
        }
    }

    private static void CheckForced(GrammarMatcher matcher, NaiveRecognizer naive, List<byte> text, string where)
    {
        Span<byte> buffer = stackalloc byte[4];
        var count = matcher.ForcedBytes(buffer);
        var forced = buffer[..count].ToArray();
        for (var i = 0; i <= count && i < buffer.Length; i++)
        {
            byte[] before = [.. text, .. forced[..i]];
            var ways = Bytes.Where(value => naive.Read([.. before, (byte)value]).Prefix).ToArray();
            if (i < count)
                Assert.True(!naive.Read(before).Sentence && ways is [var only] && only == forced[i], $"{where}: '{Convert.ToHexString(forced)}' is not forced");
            else
                Assert.True(naive.Read(before).Sentence || ways.Length != 1, $"{where}: more than '{Convert.ToHexString(forced)}' is forced");
        }
    }
}
