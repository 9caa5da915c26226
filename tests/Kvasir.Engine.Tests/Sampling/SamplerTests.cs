using Kvasir.Engine.Sampling;

namespace Kvasir.Engine.Tests.Sampling;

public sealed class SamplerTests
{
    [Fact]
    public void Greedy_TakesTheLargest_TheLowestIdAmongEquals()
    {
        var sampler = new Sampler(40);
        var logits = new float[40];
        logits[37] = logits[11] = logits[23] = 2;
        Assert.Equal(11, sampler.Sample(logits, SamplingOptions.Greedy, null, 0, 0));
    }

    [Theory]
    [InlineData(0.5f)]
    [InlineData(1f)]
    [InlineData(2f)]
    public void Draws_FollowTheSoftmax(float temperature)
    {
        float[] logits = [0, 1, 2, 3, -1, 2.5f, 0.5f, -4];
        var weights = logits.Select(logit => Math.Exp(logit / temperature)).ToArray();
        const int Draws = 40_000;
        var counts = new int[logits.Length];
        var sampler = new Sampler(logits.Length);
        for (var position = 0; position < Draws; position++)
            counts[sampler.Sample((float[])logits.Clone(), new SamplingOptions { Temperature = temperature, Seed = 17 }, null, 0, position)]++;
        var chiSquare = 0.0;
        for (var token = 0; token < logits.Length; token++)
        {
            var expected = Draws * weights[token] / weights.Sum();
            chiSquare += (counts[token] - expected) * (counts[token] - expected) / expected;
        }

        // Seven degrees of freedom: 24.3 is exceeded once in a thousand.
        Assert.True(chiSquare < 24.3, $"chi-square {chiSquare}");
    }

    [Fact]
    public void Filters_KeepWhatAPlainImplementationKeeps()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var logits = Enumerable.Range(0, 200).Select(_ => (float)Math.Round(random.NextDouble() * 8, 1)).ToArray();
            var options = new SamplingOptions
            {
                Temperature = 0.3f + random.NextSingle(),
                TopK = random.Next(2) == 0 ? 0 : random.Next(1, 220),
                TopP = random.Next(2) == 0 ? 1 : 0.05f + (0.9f * random.NextSingle()),
                MinP = random.Next(2) == 0 ? 0 : 0.5f * random.NextSingle(),
                Seed = (ulong)seed,
            };
            var allowed = Allowed(logits, options);
            var sampler = new Sampler(logits.Length);
            for (var position = 0; position < 40; position++)
            {
                var token = sampler.Sample((float[])logits.Clone(), options, null, 0, position);
                Assert.True(allowed.Contains(token), $"seed {seed}, {options}: token {token}");
            }
        }
    }

    [Fact]
    public void Filters_StillDrawEveryTokenThatTheyKeep()
    {
        float[] logits = [1, 1.2f, 0.9f, -3, -5, 1.1f];
        var sampler = new Sampler(logits.Length);
        var seen = Enumerable.Range(0, 500)
            .Select(position => sampler.Sample((float[])logits.Clone(), new SamplingOptions { Temperature = 1, TopK = 4, Seed = 3 }, null, 0, position))
            .ToHashSet();
        Assert.Equal([0, 1, 2, 5], seen.Order());
    }

    [Fact]
    public void Noise_DependsOnSeedChoicePositionAndToken()
    {
        var values = new HashSet<double>();
        foreach (var seed in new ulong[] { 0, 1, ulong.MaxValue })
        {
            for (var choice = 0; choice < 3; choice++)
            {
                for (var position = 0; position < 20; position++)
                {
                    var noise = new CounterNoise(seed, choice, position);
                    for (var token = 0; token < 50; token++)
                        Assert.True(values.Add(noise.Gumbel(token)));
                }
            }
        }

        Assert.All(values, value => Assert.InRange(value, -4, CounterNoise.MaxGumbel));
    }

    [Fact]
    public void Penalties_ChangeSeenTokensOnly()
    {
        var counts = new TokenCounts();
        counts.AddPrompt([3, 3, 5]);
        counts.AddAnswer(5);
        counts.AddAnswer(5);
        counts.AddAnswer(7);
        float[] logits = [0, 1, 2, 3, 4, 5, 6, -7];
        counts.Apply(new SamplingOptions { RepetitionPenalty = 2, PresencePenalty = 0.5f, FrequencyPenalty = 0.25f }, logits);
        Assert.Equal([0, 1, 2, 1.5f, 4, 2.5f - 1, 6, -14 - 0.75f], logits);
    }

    [Fact]
    public void LogitBias_ForcesAndBansTokens()
    {
        var sampler = new Sampler(4);
        Assert.Equal(2, sampler.Sample([1, 2, 3, 4], Biased(3, float.NegativeInfinity), null, 0, 0));
        Assert.Equal(0, sampler.Sample([1, 2, 3, 4], Biased(0, 100), null, 0, 0));

        static SamplingOptions Biased(int token, float bias) => new() { LogitBias = new Dictionary<int, float> { [token] = bias } };
    }

    [Fact]
    public void Logprobs_AreTheLogSoftmax()
    {
        var random = new Random(4);
        var logits = Enumerable.Range(0, 300).Select(_ => (random.NextSingle() - 0.5f) * 20).ToArray();
        var sum = logits.Sum(logit => Math.Exp(logit));
        var top = new TokenLogprob[5];
        var chosen = new Sampler(300).Logprobs(logits, 17, top);
        Assert.Equal(logits[17] - Math.Log(sum), chosen, 4);
        var best = Enumerable.Range(0, 300).OrderByDescending(token => logits[token]).Take(5).ToArray();
        Assert.Equal(best, top.Select(entry => entry.Token));
        Assert.All(top, entry => Assert.Equal(logits[entry.Token] - Math.Log(sum), entry.Logprob, 4));
    }

    [Fact]
    public void LogitsWithoutAFiniteNumber_AreAnError()
    {
        var sampler = new Sampler(3);
        Assert.Throws<NonFiniteLogitsException>(() => sampler.Sample([float.NaN, float.NaN, float.NaN], SamplingOptions.Greedy, null, 0, 9));
        Assert.Throws<NonFiniteLogitsException>(() => sampler.Sample([0, float.PositiveInfinity, 1], new SamplingOptions { Temperature = 1, TopP = 0.5f }, null, 0, 9));
    }

    private static HashSet<int> Allowed(float[] logits, SamplingOptions options)
    {
        var order = Enumerable.Range(0, logits.Length).OrderByDescending(token => logits[token]).ThenBy(token => token).ToArray();
        if (options.TopK > 0)
            order = [.. order.Take(options.TopK)];
        var mass = order.Sum(token => Math.Exp(logits[token] / options.Temperature));
        var kept = new HashSet<int>();
        var cumulative = 0.0;
        foreach (var token in order)
        {
            kept.Add(token);
            cumulative += Math.Exp(logits[token] / options.Temperature);

            // Single precision may put the cut one token later.
            if (cumulative >= (options.TopP * mass) + (1e-6 * mass))
                break;
        }

        var floor = Math.Exp(logits.Max() / options.Temperature) * options.MinP * (1 - 1e-5);
        kept.RemoveWhere(token => Math.Exp(logits[token] / options.Temperature) < floor);
        return kept;
    }
}
