namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>Long prompts of text that looks like text, for any tokenizer; what is answered does not matter.</summary>
internal static class LongPrompts
{
    /// <summary>Chunks of a prompt.</summary>
    public const int Chunks = 6;

    /// <summary>A prompt of exactly so many tokens, a sixth of it a chunk (the question takes what is left).</summary>
    /// <param name="frame">How the model is asked.</param>
    /// <param name="seed">Another text for another seed.</param>
    /// <param name="tokens">Tokens.</param>
    public static RagPrompt Create(PromptFrame frame, int seed, int tokens)
    {
        var draws = new TextDraws(new Random(seed));
        var composer = new ChunkComposer(frame, new PassageWriter(draws));
        var questions = new List<RagQuestion>();
        var texts = new int[Chunks][];
        for (var i = 0; i < Chunks; i++)
            texts[i] = composer.Compose(tokens / Chunks, "", [], "", questions).Tokens;
        var question = draws.Of(questions);
        var room = tokens - frame.Head.Length - frame.Tail.Length - frame.Encode(question.Text).Length;
        ArgumentOutOfRangeException.ThrowIfLessThan(room, Chunks);
        return frame.Build(
            [.. texts.Select((text, i) => new RagPiece(i, text[..(((i + 1) * room / Chunks) - (i * room / Chunks))]))], question);
    }
}
