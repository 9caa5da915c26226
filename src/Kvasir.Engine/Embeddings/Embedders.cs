using Kvasir.Models;

namespace Kvasir.Engine.Embeddings;

/// <summary>What makes vectors of texts, whatever kind of model it is.</summary>
public static class Embedders
{
    /// <summary>Texts of one call that are computed at once; the others wait here and leave the queue to others.</summary>
    public const int AtOnce = 32;

    /// <summary>Opens a model: an encoder as <see cref="EmbeddingEngine"/>, a decoder as <see cref="KvasirEngine"/>. The caller disposes it.</summary>
    /// <exception cref="ModelFormatException">A file is damaged or not of this kind.</exception>
    /// <exception cref="UnsupportedModelException">The model is not supported.</exception>
    public static IEmbedder Load(string path, EngineOptions? options = null)
    {
        bool isEncoder;
        using (var file = ModelFile.Open(path))
            isEncoder = file.Config.Encoder is not null;
        return isEncoder ? EmbeddingEngine.Load(path, options) : KvasirEngine.Load(path, options);
    }

    /// <summary>Makes vectors of texts, in their order.</summary>
    /// <param name="embedder">What makes them.</param>
    /// <param name="texts">Tokens of each text.</param>
    /// <param name="template">What is the same for all; its prompt does not count.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<IReadOnlyList<Embedding>> EmbedAllAsync(
        this IEmbedder embedder, IReadOnlyList<int[]> texts, EmbeddingRequest template, CancellationToken cancellation = default)
    {
        var embeddings = new Embedding[texts.Count];
        await Parallel.ForAsync(
            0,
            texts.Count,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (i, stopped) => embeddings[i] = await embedder.EmbedAsync(template with { Prompt = texts[i] }, stopped).ConfigureAwait(false)).ConfigureAwait(false);
        return embeddings;
    }

    /// <summary>The cosine of the angle between two vectors, -1 to 1; 0 when one has no length.</summary>
    /// <exception cref="ArgumentException">They have different numbers of values.</exception>
    public static double Similarity(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length)
            throw new ArgumentException($"vectors of {a.Length} and {b.Length} values cannot be compared", nameof(b));
        double product = 0, first = 0, second = 0;
        for (var i = 0; i < a.Length; i++)
        {
            product += (double)a[i] * b[i];
            first += (double)a[i] * a[i];
            second += (double)b[i] * b[i];
        }

        return first == 0 || second == 0 ? 0 : product / Math.Sqrt(first * second);
    }
}
