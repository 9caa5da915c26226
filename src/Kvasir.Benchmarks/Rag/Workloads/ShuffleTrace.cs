namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>The same few documents in ever new orders.</summary>
internal static class ShuffleTrace
{
    /// <summary>Documents of every prompt.</summary>
    public const int Documents = 14;

    /// <summary>Makes a trace; the same arguments give the same tokens.</summary>
    /// <param name="frame">How the model is asked.</param>
    /// <param name="seed">Other documents and orders for another seed.</param>
    /// <param name="requests">Prompts.</param>
    /// <param name="documentTokens">Tokens of a document, about.</param>
    public static IReadOnlyList<RagPrompt> Create(PromptFrame frame, int seed, int requests, int documentTokens)
    {
        var draws = new TextDraws(new Random(seed));
        var composer = new ChunkComposer(frame, new PassageWriter(draws));
        var questions = new List<RagQuestion>();
        var documents = new RagChunk[Documents];
        for (var i = 0; i < Documents; i++)
            documents[i] = composer.Compose(documentTokens, "", [], "", questions);
        return [.. Enumerable.Range(0, requests).Select(_ => frame.Ask(draws.Shuffled(documents), draws.Of(questions)))];
    }
}
