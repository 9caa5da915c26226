using Kvasir.Engine.Conversations;
using Kvasir.Models;

namespace Kvasir.Engine.Tests.Conversations;

/// <summary>What a family's template renders of an assistant's turn is what its format reads back.</summary>
public sealed class FamilyTests
{
    public static TheoryData<string> Names => [.. FamilyTemplates.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void TheFormatIsToldFromTheTemplate(string family)
    {
        Assert.Equal(family, Families.Format(family).Name);
        Assert.True(Families.Format(family).TemplateKnowsTools);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ARenderedTurnIsParsedToItsCalls(string family)
    {
        var conversation = Families.Prepare(family);
        foreach (var content in (string?[])[null, "I look it up. "])
        {
            if (content is not null && family is "llama3" or "llama4")
                continue;
            var answer = Turn(family, new ChatMessage("assistant", content) { ToolCalls = Families.Calls });
            var parsed = conversation.Parse(answer);
            Families.Same(Families.Calls, parsed.ToolCalls);
            Assert.Equal(content?.TrimEnd() ?? "", parsed.Text);
            Assert.All(parsed.ToolCalls, c => Assert.False(string.IsNullOrEmpty(c.Id)));
            Assert.Equal(2, parsed.ToolCalls.Select(c => c.Id).Distinct().Count());
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void HowAnAnswerIsCutMakesNoDifference(string family)
    {
        var conversation = Families.Prepare(family);
        var answer = Turn(family, new ChatMessage("assistant", null) { ToolCalls = Families.Calls });
        string[] texts =
        [
            answer, $"Text first.\n\n{answer}", $"{answer} and after", answer + answer, answer[..(answer.Length / 2)], answer[..^1], answer.Replace("days", "da\"ys", StringComparison.Ordinal),
            answer.Replace("get_weather", "get weather", StringComparison.Ordinal), answer[1..], new string(' ', 100) + answer, "<think>hm</think>" + answer, "  {\"a\": 1} [x](y) <to",
        ];
        for (var seed = 0; seed < 12; seed++)
        {
            foreach (var text in texts)
            {
                var whole = Families.Events(conversation.CreateParser(), [text]);
                var pieces = Families.Split(text, new Random(seed));
                var cut = Families.Events(conversation.CreateParser(), pieces);
                Assert.True(whole.SequenceEqual(cut), $"seed {seed}, {text}:\n{string.Join('\n', whole)}\n--\n{string.Join('\n', cut)}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void DamagedAnswersLoseNothing(string family)
    {
        var conversation = Families.Prepare(family);
        var answer = Turn(family, new ChatMessage("assistant", null) { ToolCalls = Families.Calls });
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var at = random.Next(answer.Length);
            var text = random.Next(3) switch
            {
                0 => answer[..at],
                1 => answer.Remove(at, Math.Min(random.Next(1, 5), answer.Length - at)),
                _ => answer.Insert(at, "é}]\")<"[random.Next(6)].ToString()),
            };
            var parsed = conversation.Parse(text);
            Assert.All(parsed.ToolCalls, c => Assert.Equal(System.Text.Json.JsonValueKind.Object, c.Arguments.ValueKind));
            Assert.True(parsed.ToolCalls.Count > 0 || Squeezed(parsed.Text).Length == Squeezed(text).Length, $"seed {seed}: {text} gave {parsed.Text}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void PlainTextIsText(string family)
    {
        var conversation = Families.Prepare(family);
        foreach (var text in (string[])["", "Hello.", " a  b\n\n", "<tool", "1 < 2 [x] {y} functio", "[1, 2]", "{\"name\": \"nobody\", \"arguments\": {}}", "[nobody(a=1)]", "\u3000e\u0301 \ud83c\udf1e"])
        {
            var events = Families.Events(conversation.CreateParser(), text.Select(c => c.ToString()));
            Assert.Equal(text, string.Concat(events.Where(e => e.Kind == AnswerEventKind.Text).Select(e => e.Text)));
            Assert.All(events, e => Assert.Equal(AnswerEventKind.Text, e.Kind));
        }
    }

    /// <summary>An assistant's turn as the template renders it after the prompt.</summary>
    internal static string Turn(string family, ChatMessage message)
    {
        var template = new ChatTemplate(FamilyTemplates.All[family]);
        var user = new ChatMessage("user", "?");
        if (family.StartsWith("mistral", StringComparison.Ordinal))
            message = message with { ToolCalls = [.. message.ToolCalls.Select((c, i) => c with { Id = $"abcdefgh{i}" })] };
        var prompt = template.Render([user], true);
        var whole = template.Render([user, message], false);
        Assert.StartsWith(prompt, whole, StringComparison.Ordinal);
        return whole[prompt.Length..^"<e>".Length];
    }

    private static string Squeezed(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
}
