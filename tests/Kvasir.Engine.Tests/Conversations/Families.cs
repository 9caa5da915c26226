using System.Text.Json;
using Kvasir.Engine.Conversations;
using Kvasir.Models;

namespace Kvasir.Engine.Tests.Conversations;

/// <summary>What the tests of the families share: a tokenizer, two functions, and one call of each.</summary>
internal static class Families
{
    private static readonly Lazy<Tokenizer> Text = new(() =>
    {
        using var folder = new TestModel();
        using var model = ModelFile.Open(folder.Path);
        return model.Tokenizer!;
    });

    public static ToolDefinition Weather { get; } = new(
        "get_weather",
        "Weather in a place",
        Json("""
            {"type":"object","properties":{"city":{"type":"string","maxLength":20},"days":{"type":"integer","minimum":1,"maximum":9},"detail":{"type":"boolean"}},
             "required":["city","days"],"additionalProperties":false}
            """));

    public static ToolDefinition Clock { get; } = new("clock", null, null);

    public static ToolDefinition[] Tools { get; } = [Weather, Clock];

    public static ChatToolCall[] Calls { get; } =
    [
        new("a1", "get_weather", Json("""{"city": "Besan\u00e7on \"the {bright}\" \ud83c\udf1e\nline 2", "days": 3, "detail": true}""")),
        new("a2", "clock", Json("{}")),
    ];

    public static Tokenizer Tokenizer => Text.Value;

    public static JsonElement Json(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    public static ConversationFormat Format(string family) => Of(FamilyTemplates.All[family]);

    public static ConversationFormat Of(string template) => new(new ChatTemplate(template), null, Tokenizer, []);

    public static PreparedConversation Prepare(string family, ToolChoice? choice = null, bool parallel = true) => Format(family).Prepare(new ConversationRequest
    {
        Messages = [new ChatMessage("user", "?")],
        Tools = Tools,
        ToolChoice = choice ?? ToolChoice.Auto,
        ParallelToolCalls = parallel,
    });

    /// <summary>The events of an answer fed in these pieces, pieces of one text joined and ids left out.</summary>
    public static List<AnswerEvent> Events(AnswerParser parser, IEnumerable<string> pieces)
    {
        var all = new List<AnswerEvent>();
        foreach (var piece in pieces)
            all.AddRange(parser.Feed(piece));
        all.AddRange(parser.Finish());
        var joined = new List<AnswerEvent>();
        foreach (var item in all)
        {
            if (joined.Count > 0 && joined[^1] is var last && last.Kind == item.Kind && last.ToolIndex == item.ToolIndex && item.Kind <= AnswerEventKind.Reasoning | item.Kind == AnswerEventKind.ToolCallArguments)
                joined[^1] = last with { Text = last.Text + item.Text };
            else
                joined.Add(item with { ToolId = null });
        }

        return joined;
    }

    public static string[] Split(string text, Random random)
    {
        var pieces = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var length = Math.Min(random.Next(5) == 0 ? random.Next(1, 30) : random.Next(1, 4), text.Length - at);
            pieces.Add(text.Substring(at, length));
            at += length;
        }

        return [.. pieces];
    }

    public static void Same(IReadOnlyList<ChatToolCall> expected, IReadOnlyList<ChatToolCall> actual)
    {
        Assert.Equal(expected.Select(c => c.Name), actual.Select(c => c.Name));
        for (var i = 0; i < expected.Count; i++)
            Assert.True(JsonElement.DeepEquals(expected[i].Arguments, actual[i].Arguments), $"call {i}: {actual[i].Arguments.GetRawText()}");
    }
}
