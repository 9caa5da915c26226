using Kvasir.Engine.Blending;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.KvCache.Blending;

namespace Kvasir.Benchmarks.Fuzzing;

/// <summary>Draws requests that share prefixes, diverge inside blocks, repeat and extend each other, blend chunks, keep a smaller cache or read less of it.</summary>
internal sealed class FuzzRequests(Random random, int vocabulary, int maxTokens, bool blends, RandomCompression? compression, RandomReading? reading)
{
    private const int Chunks = 6;

    private readonly Dictionary<int, int[]> _chunks = [];
    private readonly List<int[]> _earlier = [];
    private static readonly byte[][] Salts = [[], [1], [2, 3]];

    /// <summary>True when most requests that could are to read less.</summary>
    public bool ReadsOften { get; init; }

    /// <param name="adapters">Names of the adapters that are loaded now.</param>
    public GenerationRequest Next(IReadOnlyList<string> adapters)
    {
        var maxAnswer = random.Next(1, 24);
        var longest = Math.Max(1, maxTokens - maxAnswer - 1);
        var blending = blends && random.Next(3) == 0 ? Blending(longest, out var prompt) : Plain(longest, out prompt);
        _earlier.Add(prompt);
        var compresses = compression is not null && blending is null && random.Next(2) == 0;
        var reads = reading is not null && blending is null && !compresses && random.Next(4) < (ReadsOften ? 3 : 1);
        return new GenerationRequest
        {
            Prompt = prompt,
            Blending = blending,
            Compression = compresses ? compression!.Draw(prompt.Length) : null,
            Reading = reads ? reading!.Draw(prompt.Length) : null,
            MaxTokens = maxAnswer,
            Choices = random.Next(6) == 0 ? random.Next(2, 5) : 1,
            IgnoreStopTokens = random.Next(2) == 0,
            UsePrefixCache = random.Next(10) != 0,
            CacheSalt = Salts[random.Next(8) switch { 0 => 1, 1 => 2, _ => 0 }],
            Adapter = adapters.Count > 0 && !compresses && !reads && random.Next(3) != 0 ? adapters[random.Next(adapters.Count)] : null,
            TopLogprobs = random.Next(8) == 0 ? 3 : null,
            Sampling = random.Next(3) == 0
                ? SamplingOptions.Greedy
                : new SamplingOptions
                {
                    Temperature = 0.5f + random.NextSingle(),
                    TopK = random.Next(3) == 0 ? random.Next(1, 50) : 0,
                    TopP = random.Next(3) == 0 ? 0.5f + (random.NextSingle() / 2) : 1,
                    MinP = random.Next(4) == 0 ? 0.05f : 0,
                    RepetitionPenalty = random.Next(4) == 0 ? 1.2f : 1,
                    Seed = (ulong)random.NextInt64(),
                },
        };
    }

    /// <summary>Adds what a finished sequence ended with, so that later prompts continue answers.</summary>
    public void Remember(ReadOnlySpan<int> tokens) => _earlier.Add(tokens.ToArray());

    private BlendRequest? Plain(int longest, out int[] prompt)
    {
        prompt = Prompt(longest);
        return null;
    }

    /// <summary>
    /// A prompt of chunks that others have too, at any place and in any order. Half of these requests repair every reused row, and must have
    /// the bits of a cold run; the others must not disturb anybody.
    /// </summary>
    private BlendRequest Blending(int longest, out int[] prompt)
    {
        var tokens = new List<int>(Prompt(Math.Max(1, longest / 4)));
        var parts = new List<ChunkPart>();
        for (var count = random.Next(1, 5); count > 0; count--)
        {
            var chunk = Chunk(random.Next(Chunks), Math.Max(1, longest / 4));
            if (tokens.Count + chunk.Length >= longest)
                break;
            parts.Add(new ChunkPart(tokens.Count, chunk.Length));
            tokens.AddRange(chunk);
            if (random.Next(2) == 0)
                tokens.AddRange(Fresh(random.Next(1, 4)));
        }

        if (tokens.Count < longest)
            tokens.AddRange(Fresh(random.Next(1, longest - tokens.Count + 1)));
        prompt = [.. tokens.Take(longest)];
        var length = prompt.Length;
        return new BlendRequest
        {
            Parts = [.. parts.Where(part => part.End <= length)],
            Policy = Policy(random.Next(2) == 0 ? 1 : random.NextDouble()),
            Fragments = random.Next(4) == 0,
            Store = random.Next(4) != 0,
            MinTokens = 1,
        };
    }

    private IBlendPolicy Policy(double ratio) => random.Next(6) switch
    {
        0 => new CacheBlendPolicy(ratio),
        1 => new CacheBlendPolicy(ratio, DeviationKind.KeySquared, gradual: true),
        2 => new KvSharePolicy(ratio),
        3 => new CacheCraftPolicy(1) { Ratio = ratio },
        4 => new QuestionFirstPolicy(ratio),
        _ => new RandomRowsPolicy(ratio),
    };

    private int[] Chunk(int number, int longest)
    {
        if (!_chunks.TryGetValue(number, out var chunk))
            _chunks[number] = chunk = Fresh(random.Next(1, longest + 1));
        return chunk;
    }

    private int[] Prompt(int longest)
    {
        longest = Math.Max(1, longest);
        if (_earlier.Count == 0 || random.Next(4) == 0)
            return Fresh(random.Next(1, longest + 1));
        var source = _earlier[random.Next(_earlier.Count)];
        return random.Next(4) switch
        {
            // The same prompt again.
            0 => source[..Math.Min(source.Length, longest)],

            // A part of it.
            1 => source[..random.Next(1, Math.Min(source.Length, longest) + 1)],

            // It and more.
            2 => [.. source[..Math.Min(source.Length, longest)], .. Fresh(random.Next(0, Math.Max(1, longest - source.Length)))],

            // It up to some token, then something else.
            _ => Diverge(source[..Math.Min(source.Length, longest)]),
        };
    }

    private int[] Diverge(int[] source)
    {
        var copy = (int[])source.Clone();
        for (var i = random.Next(copy.Length); i < copy.Length; i++)
            copy[i] = random.Next(vocabulary);
        return copy;
    }

    private int[] Fresh(int length)
    {
        var tokens = new int[length];
        for (var i = 0; i < length; i++)
            tokens[i] = random.Next(vocabulary);
        return tokens;
    }
}
