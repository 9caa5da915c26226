using System.Text;
using System.Text.RegularExpressions;
using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>Documents with titles. Each paragraph begins with what matters; the summary is made of these sentences.</summary>
internal sealed partial class PaperCollection
{
    private PaperCollection(string text, IReadOnlyList<(int Number, string Title, string Summary)> papers)
    {
        Text = text;
        Papers = papers;
    }

    public string Text { get; }

    public IReadOnlyList<(int Number, string Title, string Summary)> Papers { get; }

    /// <summary>Makes documents; <paramref name="needle"/> gives a sentence to hide in a document, or null.</summary>
    public static PaperCollection Create(ScDraws draws, int documents, Func<int, string?>? needle = null)
    {
        var text = new StringBuilder();
        var papers = new List<(int, string, string)>();
        for (var i = 1; i <= documents; i++)
        {
            var title = draws.Unused(() => $"The {Capital(draws.Of(WordLists.Adjectives))} {Capital(draws.Of(WordLists.Nouns))} of {draws.Name()}");
            var key = Sentences(draws);
            var paragraphs = key.Select(sentence => $"{sentence} {draws.Filler()}").ToArray();
            if (needle?.Invoke(i) is { } hidden)
                paragraphs[draws.Random.Next(paragraphs.Length)] += $" {hidden}";
            text.Append(i == 1 ? "" : "\n\n").Append($"Document {i} (Title: {title})\n").AppendJoin('\n', paragraphs);
            papers.Add((i, title, string.Join('\n', key)));
        }

        return new PaperCollection(text.ToString(), papers);
    }

    /// <summary>The question for a summary.</summary>
    public static ScTurn Turn((int Number, string Title, string Summary) paper, int maxTokens) => new()
    {
        Question = $"Summarize document {paper.Number}, \"{paper.Title}\".",
        Golden = paper.Summary,
        Accepted = [paper.Summary],
        Score = ScScore.Summary,
        MaxTokens = maxTokens,
        Prime = "This paper",
    };

    /// <summary>The first sentences of the paragraphs of the document that a question names.</summary>
    public static string Find(string context, string question)
    {
        var asked = Asked().Match(question);
        var head = $"Document {asked.Groups[1].Value} (Title: {asked.Groups[2].Value})\n";
        var start = context.IndexOf(head, StringComparison.Ordinal);
        if (start < 0)
            throw new InvalidDataException($"no such document: {question}");
        var body = context[(start + head.Length)..];
        var end = body.IndexOf("\n\n", StringComparison.Ordinal);
        return string.Join('\n', (end < 0 ? body : body[..end]).Split('\n').Select(paragraph => paragraph[..(paragraph.IndexOf('.', StringComparison.Ordinal) + 1)]));
    }

    private static string[] Sentences(ScDraws draws)
    {
        var (subject, place) = ($"{draws.Of(WordLists.Adjectives)} {draws.Of(WordLists.Animals)}s", draws.Name());
        return
        [
            $"This paper studies {subject} in the valley of {place}.",
            $"It asks whether {subject} avoid houses of {draws.Of(WordLists.Materials)}.",
            $"The authors watched the {draws.Of(WordLists.Colours)} {draws.Of(WordLists.Nouns)} of {draws.Name()} for a whole year.",
            $"They find that {subject} prefer {draws.Of(WordLists.Foods)} and return to {place} in spring.",
        ];
    }

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    [GeneratedRegex("document (\\d+), \"([^\"]+)\"")]
    private static partial Regex Asked();
}
