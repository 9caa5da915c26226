namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>Questions of one kind, each behind chunks of its own.</summary>
internal static class QuestionWorkload
{
    /// <summary>Makes prompts; the same arguments give the same tokens.</summary>
    /// <param name="frame">How the model is asked.</param>
    /// <param name="kind">What an answer must be taken from.</param>
    /// <param name="seed">Other entities for another seed.</param>
    /// <param name="count">Prompts.</param>
    /// <param name="tokens">Tokens of all chunks of a prompt, about.</param>
    /// <param name="chunks">Chunks of a prompt; at least two.</param>
    public static IReadOnlyList<RagPrompt> Create(PromptFrame frame, RagKind kind, int seed, int count, int tokens, int chunks = 6)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(chunks, 2);
        var draws = new TextDraws(new Random(seed));
        var writer = new PassageWriter(draws);
        var composer = new ChunkComposer(frame, writer);
        var prompts = new RagPrompt[count];
        for (var i = 0; i < count; i++)
        {
            var (made, question, others) = kind switch
            {
                RagKind.CrossChunk => Cut(composer, writer, draws, tokens / chunks, chunks),
                RagKind.CrossChunkInside => Cut(composer, writer, draws, tokens / chunks, chunks, FactsInside),
                RagKind.TwoHop => Linked(composer, writer, draws, tokens / chunks, chunks),
                _ => Plain(composer, draws, tokens / chunks, chunks),
            };
            prompts[i] = frame.Ask(made, question) with { Dialogue = frame.Dialogue([question, .. draws.Shuffled(others)], DialogueTokens) };
        }

        return prompts;
    }

    /// <summary>Sentences behind a cut, at least, where the last is asked for.</summary>
    private const int FactsInside = 5;

    /// <summary>Tokens of <see cref="RagPrompt.Dialogue"/>.</summary>
    public const int DialogueTokens = 64;

    private static (RagChunk[] Chunks, RagQuestion Question, List<RagQuestion> Others) Plain(ChunkComposer composer, TextDraws draws, int tokens, int chunks)
    {
        var questions = new List<RagQuestion>();
        var made = new RagChunk[chunks];
        for (var i = 0; i < chunks; i++)
            made[i] = composer.Compose(tokens, "", [], "", questions);
        return (made, questions[draws.Random.Next(questions.Count)], questions);
    }

    /// <summary>
    /// One text, cut into chunks in order: each but the last ends with the sentence that the next one needs. With <paramref name="leastFacts"/>
    /// much is told behind the cut, and what is told last is asked for.
    /// </summary>
    private static (RagChunk[] Chunks, RagQuestion Question, List<RagQuestion> Others) Cut(
        ChunkComposer composer, PassageWriter writer, TextDraws draws, int tokens, int chunks, int? leastFacts = null)
    {
        var across = new List<RagQuestion>();
        var made = new RagChunk[chunks];
        Passage? before = null;
        for (var i = 0; i < chunks; i++)
        {
            var next = i + 1 < chunks ? writer.WriteCut(leastFacts) : null;
            made[i] = composer.Compose(tokens, before?.Told ?? "", [], next?.Naming ?? "", []);
            if (next is not null)
                across.AddRange(leastFacts is null ? next.Questions : [next.Questions[^1]]);
            before = next;
        }

        return (made, across[draws.Random.Next(across.Count)], across);
    }

    /// <summary>Two linked passages in different chunks, in random order.</summary>
    private static (RagChunk[] Chunks, RagQuestion Question, List<RagQuestion> Others) Linked(
        ChunkComposer composer, PassageWriter writer, TextDraws draws, int tokens, int chunks)
    {
        var others = new List<RagQuestion>();
        var (first, second, question) = writer.WriteLinked();
        var made = new RagChunk[chunks];
        for (var i = 0; i < chunks; i++)
            made[i] = composer.Compose(tokens, "", i switch { 0 => [first], 1 => [second], _ => [] }, "", others);
        return (draws.Shuffled(made), question, others);
    }
}
