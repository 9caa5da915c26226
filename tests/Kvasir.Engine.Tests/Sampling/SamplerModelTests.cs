using Kvasir.Engine.Sampling;

namespace Kvasir.Engine.Tests.Sampling;

/// <summary>The sampler against plain code that sorts everything, draws noise for every token and skips nothing.</summary>
public sealed class SamplerModelTests
{
    private const int Vocabulary = 300;

    [Fact]
    public void EveryDraw_IsTheOneOfAPlainImplementation()
    {
        var sampler = new Sampler(Vocabulary);
        for (var seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var logits = Logits(random);
            var options = Options(random, seed);
            var expected = Plain(logits, options, choice: seed % 3, position: seed);
            if (expected is null)
                continue;
            var actual = sampler.Sample((float[])logits.Clone(), options, null, seed % 3, seed);
            Assert.True(actual == expected, $"seed {seed}, {options}: token {actual}, {expected} expected");
        }
    }

    [Fact]
    public void Draw_DependsOnNothingThatWasSampledBefore()
    {
        var busy = new Sampler(Vocabulary);
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var logits = Logits(random);
            var options = Options(random, seed);
            busy.Sample(Logits(random), Options(random, seed + 1), null, 1, 7);
            var alone = new Sampler(Vocabulary).Sample((float[])logits.Clone(), options, null, 2, 40);
            Assert.True(alone == busy.Sample((float[])logits.Clone(), options, null, 2, 40), $"seed {seed}");
        }
    }

    [Fact]
    public void ArgMax_IsTheFirstLargest_WhateverTheLengthAndWhereverNaNsAre()
    {
        for (var seed = 0; seed < 5000; seed++)
        {
            var random = new Random(seed);
            var values = Enumerable.Range(0, random.Next(1, 70)).Select(_ => random.Next(8) == 0 ? float.NaN : random.Next(6) - 3f).ToArray();
            var expected = 0;
            for (var i = 1; i < values.Length; i++)
            {
                if (values[i] > values[expected] || (float.IsNaN(values[expected]) && !float.IsNaN(values[i])))
                    expected = i;
            }

            if (!values.All(float.IsNaN))
                Assert.True(Sampler.ArgMax(values) == expected, $"seed {seed}");
        }
    }

    [Fact]
    public void Penalties_AreThoseOfAPlainCount()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            int[] prompt = [.. Enumerable.Range(0, random.Next(20)).Select(_ => random.Next(12))];
            int[] answer = [.. Enumerable.Range(0, random.Next(20)).Select(_ => random.Next(12))];
            var options = new SamplingOptions
            {
                RepetitionPenalty = random.Next(3) == 0 ? 1 : 0.5f + random.NextSingle(),
                PresencePenalty = random.NextSingle() - 0.5f,
                FrequencyPenalty = random.NextSingle() - 0.5f,
            };
            var logits = Enumerable.Range(0, 12).Select(_ => (random.NextSingle() - 0.5f) * 10).ToArray();
            var expected = (float[])logits.Clone();
            for (var token = 0; token < expected.Length; token++)
            {
                var count = answer.Count(other => other == token);
                if (count > 0 || prompt.Contains(token))
                    expected[token] *= expected[token] > 0 ? 1 / options.RepetitionPenalty : options.RepetitionPenalty;
                if (count > 0)
                    expected[token] -= options.PresencePenalty + (options.FrequencyPenalty * count);
            }

            var counts = new TokenCounts();
            counts.AddPrompt(prompt);
            foreach (var token in answer)
                counts.AddAnswer(token);
            counts.Apply(options, logits);
            for (var token = 0; token < expected.Length; token++)
                Assert.Equal(expected[token], logits[token], 1e-5f);
        }
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(ulong.MaxValue)]
    public void NoiseAtTheEndsOfItsRange_IsFiniteAndWithinTheBound(ulong bits)
    {
        // The mixing is a bijection, so there is a seed that gives any bits for choice 0, position 0, token 0.
        var seed = Unmix(Unmix(Unmix(Unmix(bits)))) - 0x9E3779B97F4A7C15UL;
        var gumbel = new CounterNoise(seed, 0, 0).Gumbel(0);
        var expected = bits == 0 ? -Math.Log(54 * Math.Log(2)) : 53 * Math.Log(2);
        Assert.Equal(expected, gumbel, 1e-9);
        Assert.InRange(gumbel, -4, CounterNoise.MaxGumbel);
    }

    private static float[] Logits(Random random)
    {
        // Some equal ones, some that can hardly win, some that are banned.
        var spread = 1 + random.Next(60);
        return [.. Enumerable.Range(0, Vocabulary).Select(_ => random.Next(20) == 0 ? float.NegativeInfinity : (float)Math.Round(random.NextDouble() * spread, 1))];
    }

    private static SamplingOptions Options(Random random, int seed) => new()
    {
        Temperature = 0.2f + (2 * random.NextSingle()),
        TopK = random.Next(2) == 0 ? 0 : random.Next(1, Vocabulary + 20),
        TopP = random.Next(2) == 0 ? 1 : 0.05f + (0.94f * random.NextSingle()),
        MinP = random.Next(2) == 0 ? 0 : 0.3f * random.NextSingle(),
        Seed = (ulong)seed * 77,
    };

    /// <summary>The token of a plain implementation; null where rounding decides what a filter keeps.</summary>
    private static int? Plain(float[] logits, SamplingOptions options, int choice, int position)
    {
        int[] kept = [.. Enumerable.Range(0, logits.Length).OrderByDescending(token => logits[token]).ThenBy(token => token)];
        if (options.TopK > 0)
            kept = kept[..Math.Min(options.TopK, kept.Length)];
        var largest = (double)logits[kept[0]];
        var mass = kept.Sum(Weight);
        if (options.TopP < 1)
        {
            var cumulative = 0.0;
            var count = 0;
            while (count < kept.Length && cumulative < options.TopP * mass)
            {
                cumulative += Weight(kept[count++]);
                if (Math.Abs(cumulative - (options.TopP * mass)) < 1e-5 * mass)
                    return null;
            }

            kept = kept[..count];
        }

        if (kept.Any(token => Math.Abs(Weight(token) - options.MinP) < 1e-5))
            return null;
        var noise = new CounterNoise(options.Seed, choice, position);
        return kept.Where(token => Weight(token) >= options.MinP)
            .MaxBy(token => (logits[token] * (1.0 / options.Temperature)) + noise.Gumbel(token));

        double Weight(int token) => Math.Exp((logits[token] - largest) / options.Temperature);
    }

    /// <summary>The inverse of the finaliser of SplitMix64.</summary>
    private static ulong Unmix(ulong z)
    {
        z = (z ^ (z >> 31) ^ (z >> 62)) * Inverse(0x94D049BB133111EBUL);
        z = (z ^ (z >> 27) ^ (z >> 54)) * Inverse(0xBF58476D1CE4E5B9UL);
        return z ^ (z >> 30) ^ (z >> 60);
    }

    /// <summary>Inverse of an odd number modulo 2^64, by Newton's iteration.</summary>
    private static ulong Inverse(ulong odd)
    {
        var inverse = odd;
        for (var i = 0; i < 6; i++)
            inverse *= 2 - (odd * inverse);
        return inverse;
    }
}
