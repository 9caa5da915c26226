using System.Text.Json.Nodes;

namespace Kvasir.Models.Tests.Templates;

/// <summary>Conversations of every shape that templates distinguish, as the variables of a rendering.</summary>
internal static class TemplateConversations
{
    private const string Tools = """
        [{"type": "function", "function": {"name": "weather", "description": "Says how it is\nat a place", "parameters": {"type": "object", "properties": {"city": {"type": "string", "description": "The city", "enum": ["Bern", "Zürich"]}, "days": {"type": "integer", "default": 3}}, "required": ["city"]}, "return": {"type": "string"}}},
         {"type": "function", "function": {"name": "add", "description": "Adds \"numbers\"", "parameters": {"type": "object", "properties": {"values": {"type": "array", "items": {"type": "number"}}, "exact": {"type": "boolean"}}}}}]
        """;

    private const string Call = """{"role": "assistant", "content": "", "tool_calls": [{"id": "abcdefgh1", "type": "function", "function": {"name": "weather", "arguments": {"city": "Zürich \"<b>\"\n🌞", "days": 3}}}]}""";
    private const string TextCall = """{"role": "assistant", "content": null, "tool_calls": [{"id": "abcdefgh1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\": \"Bern\"}"}}]}""";
    private const string TwoCalls = """{"role": "assistant", "content": "Let me see.", "tool_calls": [{"id": "abcdefgh1", "type": "function", "function": {"name": "weather", "arguments": {"city": "Bern"}}}, {"id": "abcdefgh2", "type": "function", "function": {"name": "add", "arguments": {"values": [1, 2.5, -3], "exact": true}}}]}""";
    private const string Result = """{"role": "tool", "name": "weather", "tool_call_id": "abcdefgh1", "content": "sun, 25°"}""";
    private const string Second = """{"role": "tool", "name": "add", "tool_call_id": "abcdefgh2", "content": "0.5"}""";
    private const string System = """{"role": "system", "content": "You are terse.\n"}""";
    private const string User = """{"role": "user", "content": " Hé? <|end|> "}""";
    private const string Answer = """{"role": "assistant", "content": "It is so.\n\nReally."}""";
    private const string Thinking = """{"role": "assistant", "reasoning_content": "Hm, let me think.", "content": "It is so."}""";
    private const string Inline = """{"role": "assistant", "content": "<think>\nHm.\n</think>\n\nIt is so."}""";
    private const string Parts = """{"role": "user", "content": [{"type": "text", "text": "What is this?"}, {"type": "text", "text": " And this?"}]}""";
    private const string More = """{"role": "user", "content": "And 2 + 2?"}""";

    public static IReadOnlyList<(string Name, string Json)> All { get; } = [.. Make()];

    private static IEnumerable<(string, string)> Make()
    {
        foreach (bool prompt in (bool[])[false, true])
        {
            string end = prompt ? " and a prompt" : "";
            yield return ("a question" + end, Data(prompt, null, User));
            yield return ("with a system" + end, Data(prompt, null, System, User));
            yield return ("several turns" + end, Data(prompt, null, System, User, Answer, More, Answer, User));
            yield return ("an answer at the end" + end, Data(prompt, null, User, Answer));
            yield return ("reasoning" + end, Data(prompt, null, User, Thinking, More));
            yield return ("reasoning in the text" + end, Data(prompt, null, User, Inline, More, Inline));
            yield return ("parts" + end, Data(prompt, null, Parts));
            yield return ("functions" + end, Data(prompt, Tools, System, User));
            yield return ("functions, no system" + end, Data(prompt, Tools, User));
            yield return ("a call" + end, Data(prompt, Tools, System, User, Call));
            yield return ("a call and its result" + end, Data(prompt, Tools, User, Call, Result));
            yield return ("a call of text arguments" + end, Data(prompt, Tools, User, TextCall, Result, Answer));
            yield return ("two calls" + end, Data(prompt, Tools, System, User, TwoCalls, Result, Second, Answer, More));
            yield return ("not thinking" + end, Data(prompt, Tools, ("enable_thinking", "false"), System, User));
            yield return ("thinking" + end, Data(prompt, null, ("enable_thinking", "true"), User, Answer, More));
            yield return ("a date" + end, Data(prompt, Tools, ("date_string", "\"26 Jul 2024\""), System, User));
            yield return ("documents" + end, Data(prompt, null, ("documents", """[{"title": "Doc", "text": "Body \"x\"", "doc_id": 1}]"""), System, User));
            yield return ("effort" + end, Data(prompt, Tools, ("reasoning_effort", "\"high\""), System, User, Call, Result));
            yield return ("two users in a row" + end, Data(prompt, null, User, User));
        }
    }

    private static string Data(bool prompt, string? tools, params string[] messages) => Data(prompt, tools, ("x", "1"), messages);

    private static string Data(bool prompt, string? tools, (string Name, string Value) variable, params string[] messages)
    {
        var data = new JsonObject
        {
            ["messages"] = new JsonArray([.. messages.Select(m => JsonNode.Parse(m))]),
            ["add_generation_prompt"] = prompt,
            ["bos_token"] = "<s>",
            ["eos_token"] = "</s>",
            [variable.Name] = JsonNode.Parse(variable.Value),
        };
        if (tools is not null)
            data["tools"] = JsonNode.Parse(tools);
        return data.ToJsonString();
    }
}
