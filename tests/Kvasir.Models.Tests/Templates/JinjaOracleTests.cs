using System.Diagnostics;
using System.Text.Json.Nodes;
using Kvasir.Tests.Shared;

namespace Kvasir.Models.Tests.Templates;

/// <summary>The families' templates give what another implementation of the language gives.</summary>
public sealed class JinjaOracleTests
{
    private const string Script = """
        import { Template } from '@huggingface/jinja';
        let text = '';
        for await (const part of process.stdin) text += part;
        console.log(JSON.stringify(JSON.parse(text).map(c => new Template(c.template).render(c.data))));
        """;

    private const string Arguments = """{"city": "Zürich \"<b>\"\n🌞", "days": 3, "on": true, "list": [1, 2.5, null, {"a": "b"}]}""";

    private const string Schema = """{"type": "object", "properties": {"city": {"type": "string", "enum": ["a", "b"]}}, "required": ["city"]}""";

    [NodeFact]
    public void FamilyTemplates_GiveWhatTheReferenceGives()
    {
        var cases = new JsonArray();
        var ours = new List<string>();
        foreach (var (name, source) in FamilyTemplates.All)
        {
            bool text = name.StartsWith("deepseek", StringComparison.Ordinal);
            var call = new ChatMessage("assistant", "") { ToolCalls = [new ChatToolCall("abcdefgh1", "weather", Parse(Arguments))] };
            var tool = new ChatTool("weather", "Says how it is", Parse(Schema));
            ours.Add(new ChatTemplate(source).Render([new ChatMessage("user", "Hé?"), call, new ChatMessage("tool", "sun") { ToolCallId = "abcdefgh1" }], true, null, [tool]));
            cases.Add(new JsonObject
            {
                ["template"] = source,
                ["data"] = JsonNode.Parse($$$"""
                    {"messages": [{"role": "user", "content": "Hé?"},
                     {"role": "assistant", "content": "", "tool_calls": [{"id": "abcdefgh1", "type": "function", "function": {"name": "weather", "arguments": {{{(text ? JsonValue.Create(Arguments).ToJsonString() : Arguments)}}}}}]},
                     {"role": "tool", "content": "sun", "tool_call_id": "abcdefgh1"}],
                     "add_generation_prompt": true,
                     "tools": [{"type": "function", "function": {"name": "weather", "description": "Says how it is", "parameters": {{{Schema}}}}}]}
                    """),
            });
        }

        var theirs = Run(cases.ToJsonString());
        Assert.Equal(ours.Count, theirs.Count);
        for (int i = 0; i < ours.Count; i++)
            Assert.Equal(theirs[i], ours[i]);
    }

    private static List<string> Run(string input)
    {
        var start = new ProcessStartInfo("node", ["--input-type=module", "-e", Script])
        {
            WorkingDirectory = NodeFactAttribute.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var node = Process.Start(start)!;
        node.StandardInput.Write(input);
        node.StandardInput.Close();
        string output = node.StandardOutput.ReadToEnd();
        node.WaitForExit();
        Assert.Equal(0, node.ExitCode);
        return [.. JsonNode.Parse(output)!.AsArray().Select(t => t!.GetValue<string>())];
    }

    private static System.Text.Json.JsonElement Parse(string json)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
