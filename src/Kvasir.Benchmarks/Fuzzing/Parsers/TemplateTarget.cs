using System.Text;
using System.Text.Json;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Fuzzing.Parsers;

/// <summary>Chat templates, parsed and rendered.</summary>
internal sealed class TemplateTarget : ParserTarget
{
    private static readonly JsonElement Schema = Json("""{"type": "object", "properties": {"city": {"type": "string"}}}""");

    private static readonly ChatMessage[] Messages =
    [
        new("system", "Be terse."), new("user", "Hé?"),
        new("assistant", "") { ToolCalls = [new ChatToolCall("abcdefgh1", "weather", Json("""{"city": "Zürich", "days": [1, 2.5, null]}"""))] },
        new("tool", "sun") { ToolCallId = "abcdefgh1" }, new("assistant", "<think>\nx\n</think>\n\nSun."),
    ];

    public override string Name => "template";

    public override IReadOnlyList<string> Words => ParserSeeds.TemplateWords;

    public override IReadOnlyList<ParserCase> Seeds(string folder) => [.. ParserSeeds.Templates.Select(t => new ParserCase("chat_template.jinja", Encoding.UTF8.GetBytes(t)))];

    public override string Parse(string folder, ParserCase changed)
    {
        string source = Encoding.UTF8.GetString(changed.Data);
        if (source.Length > ChatTemplate.MaxSourceChars)
            source = source[..ChatTemplate.MaxSourceChars];
        string text = new ChatTemplate(source, "<s>", "</s>").Render(Messages, true, null, [new ChatTool("weather", "Says how it is", Schema)]);

        // Texts that differ in length a little are the same path.
        return $"{Scale(text.Length)} {Scale(text.Count(c => c == '\n'))} {text.Contains('{', StringComparison.Ordinal)} {text.Contains("None", StringComparison.Ordinal)} {text.Contains("True", StringComparison.Ordinal)}";
    }

    public override bool IsDocumented(Exception exception) => exception is ChatTemplateException;

    private static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
