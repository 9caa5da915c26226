using System.Text;

namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>Puts passages together to chunks of a wanted number of tokens.</summary>
internal sealed class ChunkComposer(PromptFrame frame, PassageWriter writer)
{
    private int _chunks;

    /// <summary>A chunk of these passages, and of others until it has about <paramref name="tokens"/> tokens.</summary>
    /// <param name="tokens">Wanted tokens; a passage more or less.</param>
    /// <param name="begin">Text that it begins with, e.g. the rest of a passage that the chunk before names; empty for none.</param>
    /// <param name="passages">Passages that it must have.</param>
    /// <param name="end">Text that it ends with; empty for none.</param>
    /// <param name="questions">Gets the questions that the further passages answer.</param>
    public RagChunk Compose(int tokens, string begin, IReadOnlyList<Passage> passages, string end, ICollection<RagQuestion> questions)
    {
        List<string> middle = [.. passages.Select(passage => passage.Told)];
        while (true)
        {
            var text = Join(begin, middle, end);
            if (frame.Encode(text).Length >= tokens)
                return frame.Chunk(_chunks++, text);
            var passage = writer.WriteAny();
            middle.Insert(middle.Count / 2, passage.Told);
            foreach (var question in passage.Questions)
                questions.Add(question);
        }
    }

    private static string Join(string begin, List<string> middle, string end)
    {
        var text = new StringBuilder();
        foreach (var piece in (string[])[begin, .. middle, end])
        {
            if (piece.Length > 0)
                text.Append(text.Length > 0 ? " " : "").Append(piece);
        }

        return text.Append("\n\n").ToString();
    }
}
