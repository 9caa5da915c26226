using System.Text.Json;

namespace Kvasir.Benchmarks.Advice;

/// <summary>A prompt of a workload, and what is asked behind it.</summary>
/// <param name="Prompt">The text.</param>
/// <param name="Questions">Questions that come afterwards, each by itself; without any the prompt is all that is known, its question included.</param>
public sealed record SamplePrompt(string Prompt, IReadOnlyList<string> Questions)
{
    /// <summary>Largest sample that is read, bytes.</summary>
    public const int MaxBytes = 64 << 20;

    private const int MaxPrompts = 10_000;

    /// <summary>
    /// Reads a sample. A file that ends in <c>.jsonl</c> has a JSON object a line, <c>{"prompt": "…", "questions": ["…"]}</c>, questions being
    /// optional; in any other one every line that is not empty is a prompt.
    /// </summary>
    /// <exception cref="InvalidDataException">The file is too large, empty or damaged; the message names the line.</exception>
    public static IReadOnlyList<SamplePrompt> Read(string path)
    {
        var bytes = new FileInfo(path).Length;
        if (bytes > MaxBytes)
            throw new InvalidDataException($"{path} has {bytes} bytes; a sample may have {MaxBytes}: take fewer prompts");
        var isJson = path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase);
        var prompts = new List<SamplePrompt>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            if (prompts.Count == MaxPrompts)
                throw new InvalidDataException($"{path} has more than {MaxPrompts} prompts; take fewer");
            prompts.Add(isJson ? Parse(line, $"{path}, line {number}") : new SamplePrompt(line.Trim(), []));
        }

        return prompts.Count > 0 ? prompts : throw new InvalidDataException($"{path} has no prompts; write one a line");
    }

    private static SamplePrompt Parse(string line, string where)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var prompt = json.RootElement.GetProperty("prompt").GetString();
            string[] questions = json.RootElement.TryGetProperty("questions", out var list) ? [.. list.EnumerateArray().Select(question => question.GetString() ?? "")] : [];
            if (!string.IsNullOrWhiteSpace(prompt) && questions.All(question => question.Length > 0))
                return new SamplePrompt(prompt, questions);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{where}: {exception.Message}; write {{\"prompt\": \"…\", \"questions\": [\"…\"]}}", exception);
        }

        throw new InvalidDataException($"{where}: the prompt or a question is empty");
    }
}
