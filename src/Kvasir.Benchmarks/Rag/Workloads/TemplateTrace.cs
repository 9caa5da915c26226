namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>
/// Prompts of a template whose slots hold what a user says and whose blocks are shared among users: the blocks come at shifting offsets
/// that are never alike modulo 16, so that no fixed grid of 16, 64 or 256 tokens finds them. The question needs two blocks.
/// </summary>
internal static class TemplateTrace
{
    private const int Grid = 16;
    private const int Blocks = 3;

    private static readonly string[] Slots = ["My name is {p}. ", "I live in {c}. ", "My order number is {o}. ", "I work as a {j}. ", "My dog is called {c}. ", "My locker code is {o}. "];

    /// <summary>Makes a trace; the same arguments give the same tokens.</summary>
    /// <param name="frame">How the model is asked.</param>
    /// <param name="seed">Other blocks and users for another seed.</param>
    /// <param name="shared">Different blocks in all; an even number, at least six.</param>
    /// <param name="requests">Prompts.</param>
    /// <param name="blockTokens">Tokens of a block, about.</param>
    public static IReadOnlyList<RagPrompt> Create(PromptFrame frame, int seed, int shared, int requests, int blockTokens)
    {
        var draws = new TextDraws(new Random(seed));
        var writer = new PassageWriter(draws);
        var composer = new ChunkComposer(frame, writer);
        var blocks = new RagChunk[shared];
        var questions = new RagQuestion[shared / 2];
        for (var i = 0; i < shared; i += 2)
        {
            var (first, second, question) = writer.WriteLinked();
            questions[i / 2] = question;
            blocks[i] = composer.Compose(Vary(), "", [first], "", []);
            blocks[i + 1] = composer.Compose(Vary(), "", [second], "", []);
        }

        var usedOffsets = new Dictionary<int, HashSet<int>>();
        return [.. Enumerable.Range(0, requests).Select(_ => Draw())];

        int Vary() => draws.Random.Next(blockTokens * 3 / 4, blockTokens * 5 / 4);

        RagPrompt Draw()
        {
            var pair = 2 * draws.Random.Next(shared / 2);
            var other = draws.Random.Next(shared);
            while ((other & ~1) == pair)
                other = draws.Random.Next(shared);
            var pieces = new List<RagPiece>();
            var at = frame.Head.Length;
            foreach (var block in draws.Shuffled((int[])[pair, pair + 1, other]))
            {
                var slot = Slot(block, at);
                pieces.Add(new RagPiece(null, slot));
                pieces.Add(new RagPiece(block, blocks[block].Tokens));
                at += slot.Length + blocks[block].Tokens.Length;
            }

            return frame.Build(pieces, questions[pair / 2]);
        }

        // A text of a user that puts the block where no earlier prompt had it on the grid, as long as there is such a place.
        int[] Slot(int block, int at)
        {
            if (!usedOffsets.TryGetValue(block, out var used) || used.Count == Grid)
                usedOffsets[block] = used = [];
            while (true)
            {
                var count = draws.Random.Next(1, Blocks + 2);
                var text = string.Concat(draws.Shuffled(Slots).Take(count).Select(Fill));
                var tokens = frame.Encode(text.TrimEnd() + "\n\n");
                if (used.Add((at + tokens.Length) % Grid))
                    return tokens;
            }
        }

        string Fill(string slot) => slot
            .Replace("{p}", draws.Person(), StringComparison.Ordinal)
            .Replace("{c}", draws.Name(), StringComparison.Ordinal)
            .Replace("{o}", draws.Digits(draws.Random.Next(4, 8)), StringComparison.Ordinal)
            .Replace("{j}", draws.Of(WordLists.Jobs), StringComparison.Ordinal);
    }
}
