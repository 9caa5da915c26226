using System.Diagnostics;
using System.Numerics;
using System.Text.Json;
using Kvasir.Benchmarks.Schemas;
using Kvasir.Grammars;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Serving;

/// <summary>
/// What a mask costs a token at a vocabulary of 151,936 tokens (Qwen2.5's size): the bundled model's tokens, filled up with what a larger
/// one would have, joined pairs of them. Walks random schemas from their beginning, nothing computed before.
/// </summary>
internal static class MaskSuite
{
    private const int Vocabulary = 151_936;
    private const int MaxSteps = 300;

    public static IReadOnlyList<BenchmarkCheck> Run(ServerBenchmarkOptions options, CancellationToken cancellation)
    {
        using var model = ModelFile.Open(options.Model);
        var vocabulary = Enlarge(model.Tokenizer ?? throw new InvalidOperationException($"{options.Model} has no tokenizer; masks need one"));
        var (masks, slowest, spent) = (0, 0.0, 0.0);
        for (var seed = 0; seed < options.MaskSchemas; seed++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (TryCompile(seed, vocabulary) is not { } grammar)
                continue;
            var random = new Random(seed);
            var matcher = grammar.CreateMatcher();
            var mask = new uint[vocabulary.MaskWords];
            for (var step = 0; step < MaxSteps && !matcher.IsFinished; step++)
            {
                var started = Stopwatch.GetTimestamp();
                matcher.FillMask(mask);
                var time = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
                (masks, spent, slowest) = (masks + 1, spent + time, Math.Max(slowest, time));
                if (matcher.CanEnd && random.Next(8) == 0 || !matcher.TryAccept(Choose(mask, random)))
                    break;
            }
        }

        return
        [
            new BenchmarkCheck("mask.microsecondsPerToken", spent / masks, "µs", 100),
            new BenchmarkCheck("mask.slowestMicroseconds", slowest, "µs", null),
            new BenchmarkCheck("mask.tokens", masks, "masks", null),
        ];
    }

    private static CompiledGrammar? TryCompile(int seed, TokenVocabulary vocabulary)
    {
        try
        {
            using var schema = JsonDocument.Parse(RandomSchemas.Create(seed).ToJsonString());
            return CompiledGrammar.Compile(Grammar.FromJsonSchema(schema.RootElement), vocabulary);
        }
        catch (GrammarException)
        {
            return null; // Some few of the random schemas cannot be satisfied or enforced.
        }
    }

    private static TokenVocabulary Enlarge(Tokenizer tokenizer)
    {
        var texts = new List<byte[]>();
        for (var id = 0; id < tokenizer.VocabSize; id++)
            texts.Add(tokenizer.IsSpecial(id) ? [] : tokenizer.TokenBytes(id).ToArray());
        var random = new Random(1);
        var known = texts.Select(Convert.ToHexString).ToHashSet(StringComparer.Ordinal);
        while (texts.Count < Vocabulary)
        {
            byte[] joined = [.. texts[random.Next(tokenizer.VocabSize)], .. texts[random.Next(tokenizer.VocabSize)]];
            if (known.Add(Convert.ToHexString(joined)))
                texts.Add(joined);
        }

        return new TokenVocabulary(Vocabulary, id => texts[id], id => texts[id].Length > 0);
    }

    /// <summary>One of the allowed tokens, each as likely.</summary>
    private static int Choose(uint[] mask, Random random)
    {
        var wanted = random.Next(Math.Max(1, mask.Sum(BitOperations.PopCount)));
        for (var word = 0; word < mask.Length; word++)
        {
            var count = BitOperations.PopCount(mask[word]);
            if (wanted >= count)
            {
                wanted -= count;
                continue;
            }

            var bits = mask[word];
            for (; wanted > 0; wanted--)
                bits &= bits - 1;
            return (word * 32) + BitOperations.TrailingZeroCount(bits);
        }

        return 0;
    }
}
