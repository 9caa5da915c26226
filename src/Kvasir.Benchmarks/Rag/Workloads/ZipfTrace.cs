using Kvasir.Benchmarks.Retention;

namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>
/// Questions over a corpus: each retrieves a few chunks, popular ones far more often than others, in random order. Every two chunks of the
/// corpus are the halves of a document that was cut behind a naming sentence; some questions need both.
/// </summary>
internal static class ZipfTrace
{
    /// <summary>Chunks of a prompt.</summary>
    public const int Retrieved = 5;

    /// <summary>Share of the questions that need both halves of a document.</summary>
    private const double AcrossShare = 0.25;

    // Found by trying: with five different chunks a prompt, the top 5 % of 200 take 60 % of the draws.
    private const double Exponent = 1.3;

    /// <summary>Makes a trace; the same arguments give the same tokens.</summary>
    /// <param name="frame">How the model is asked.</param>
    /// <param name="seed">Another corpus and other draws for another seed.</param>
    /// <param name="corpus">Chunks; an even number.</param>
    /// <param name="requests">Prompts.</param>
    /// <param name="leastTokens">Least tokens of a chunk, about.</param>
    /// <param name="mostTokens">Most tokens of a chunk, about.</param>
    public static IReadOnlyList<RagPrompt> Create(PromptFrame frame, int seed, int corpus, int requests, int leastTokens, int mostTokens)
    {
        var draws = new TextDraws(new Random(seed));
        var writer = new PassageWriter(draws);
        var composer = new ChunkComposer(frame, writer);
        var chunks = new RagChunk[corpus];
        var inside = new List<RagQuestion>[corpus];
        var across = new IReadOnlyList<RagQuestion>[corpus / 2];
        for (var i = 0; i < corpus; i += 2)
        {
            var cut = writer.WriteCut();
            across[i / 2] = cut.Questions;
            chunks[i] = Compose(i, "", cut.Naming);
            chunks[i + 1] = Compose(i + 1, cut.Told, "");
        }

        var ranked = draws.Shuffled(Enumerable.Range(0, corpus));
        var zipf = new ZipfDraw(corpus, Exponent);
        return [.. Enumerable.Range(0, requests).Select(_ => Draw())];

        RagChunk Compose(int chunk, string begin, string end)
        {
            var passage = writer.WriteAny();
            inside[chunk] = [.. passage.Questions];
            return composer.Compose(draws.Random.Next(leastTokens, mostTokens), begin, [passage], end, inside[chunk]);
        }

        RagPrompt Draw()
        {
            var first = ranked[zipf.Next(draws.Random)];
            var isAcross = draws.Random.NextDouble() < AcrossShare;
            var half = first & ~1;
            List<int> drawn = isAcross ? [half, half + 1] : [first];
            while (drawn.Count < Retrieved)
            {
                var next = ranked[zipf.Next(draws.Random)];
                if (!drawn.Contains(next))
                    drawn.Add(next);
            }

            var asked = isAcross ? across[half / 2] : inside[draws.Of(drawn)];
            var question = draws.Of(asked);
            int[][] groups = isAcross ? [[half, half + 1], .. drawn.Skip(2).Select(chunk => (int[])[chunk])] : [.. drawn.Select(chunk => (int[])[chunk])];
            return frame.Ask(draws.Shuffled(groups).SelectMany(group => group).Select(chunk => chunks[chunk]), question);
        }
    }
}
