using System.Text.Json;

namespace Kvasir.Benchmarks.Demo;

/// <summary>A document and questions about it.</summary>
/// <param name="Document">Its text.</param>
/// <param name="Questions">In the order they are asked.</param>
public sealed record DemoSet(string Document, IReadOnlyList<DemoQuestion> Questions)
{
    /// <summary>Most characters of a document; far more than any context holds.</summary>
    public const int MaxDocumentCharacters = 16 << 20;

    /// <summary>Reads the shipped set: <c>document.txt</c> and <c>questions.json</c> in a folder.</summary>
    /// <exception cref="InvalidDataException">The questions are damaged.</exception>
    public static DemoSet Load(string folder) =>
        new(ReadDocument(Path.Combine(folder, "document.txt")), ReadQuestions(Path.Combine(folder, "questions.json")));

    /// <summary>Reads a document.</summary>
    /// <exception cref="InvalidDataException">It is empty or far too long.</exception>
    public static string ReadDocument(string path)
    {
        var bytes = new FileInfo(path).Length;
        if (bytes > MaxDocumentCharacters)
            throw new InvalidDataException($"{path} has {bytes} bytes; a document may have {MaxDocumentCharacters}");
        var text = File.ReadAllText(path).Trim();
        return text.Length > 0 ? text : throw new InvalidDataException($"{path} is empty; give a document with text");
    }

    private static IReadOnlyList<DemoQuestion> ReadQuestions(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(path));
            DemoQuestion[] questions = [.. json.RootElement.EnumerateArray().Select(Read)];
            if (questions.Length > 0 && questions.All(question => question.Question.Length > 0))
                return questions;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{path}: {exception.Message}", exception);
        }

        throw new InvalidDataException($"{path} holds no list of {{\"question\": …, \"accepted\": […]}}");
    }

    private static DemoQuestion Read(JsonElement question) => new(
        question.GetProperty("question").GetString() ?? "",
        [.. question.GetProperty("accepted").EnumerateArray().Select(answer => answer.GetString() ?? "")]);
}
