using System.Text.Json;
using System.Text.Json.Nodes;
using Kvasir.Models.Tests.Support;
using Xunit.Abstractions;

namespace Kvasir.Models.Tests.Templates;

/// <summary>
/// Templates give what @huggingface/jinja gives, or both refuse: those of <see cref="ConstructTemplates"/>, and those of a file
/// <c>[{"name", "template"}]</c> that KVASIR_TEMPLATE_FILE names (templates of published models are not part of the repository).
/// </summary>
public sealed class TemplateOracleTests(ITestOutputHelper log)
{
    private const string Script = """
        import { Template } from '@huggingface/jinja';
        let text = '';
        for await (const part of process.stdin) text += part;
        const { templates, conversations } = JSON.parse(text);
        console.log(JSON.stringify(templates.map(source => {
          let template;
          try { template = new Template(source); } catch (e) { return conversations.map(() => ({ error: String(e) })); }
          return conversations.map(data => { try { return { text: template.render(data) }; } catch (e) { return { error: String(e) }; } });
        })));
        """;

    [NodeFact]
    public void EveryConstruct_GivesWhatTheReferenceGives() => Compare(ConstructTemplates.All);

    [NodeFact]
    public void PublishedTemplates_GiveWhatTheReferenceGives()
    {
        if (Environment.GetEnvironmentVariable("KVASIR_TEMPLATE_FILE") is { Length: > 0 } file)
            Compare([.. JsonNode.Parse(File.ReadAllText(file))!.AsArray().Select(t => (t!["name"]!.GetValue<string>(), t["template"]!.GetValue<string>()))]);
    }

    private void Compare(IReadOnlyList<(string Name, string Template)> templates)
    {
        var conversations = TemplateConversations.All;
        var input = new JsonObject
        {
            ["templates"] = new JsonArray([.. templates.Select(t => (JsonNode)t.Template)]),
            ["conversations"] = new JsonArray([.. conversations.Select(c => JsonNode.Parse(c.Json))]),
        };
        var output = JsonNode.Parse(NodeProcess.Run(NodeFactAttribute.Folder!, Script, input.ToJsonString()))!.AsArray();
        if (Environment.GetEnvironmentVariable("KVASIR_WRITE_TEMPLATES") is { Length: > 0 } target && templates == ConstructTemplates.All)
            File.WriteAllBytes(target, [.. output.SelectMany(t => t!.AsArray().SelectMany(c => ExpectedRenderingsTests.Digest(c!["text"]?.GetValue<string>())))]);
        int texts = 0, refusals = 0, onlyOurs = 0, onlyTheirs = 0;
        var problems = new List<string>();
        for (int t = 0; t < templates.Count; t++)
        {
            for (int c = 0; c < conversations.Count; c++)
            {
                var theirs = output[t]![c]!;
                string? text = theirs["text"]?.GetValue<string>();
                string? ours = Render(templates[t].Template, conversations[c].Json, out string? refusal);
                if (text == ours)
                {
                    texts += text is null ? 0 : 1;
                    refusals += text is null ? 1 : 0;
                }
                else if (text is null && !theirs["error"]!.GetValue<string>().Contains("Conversation roles", StringComparison.Ordinal))
                {
                    // What the rewrite in JavaScript cannot do and Jinja can is no difference from Jinja; it is counted.
                    onlyOurs++;
                    log.WriteLine($"only here: {templates[t].Name}, {conversations[c].Name}: {theirs["error"]}");
                }
                else if (ours is null && refusal!.Contains("'+' is not defined for a string and a", StringComparison.Ordinal))
                {
                    // Jinja refuses to add a list or a mapping to a string; the rewrite writes it as JSON.
                    onlyTheirs++;
                }
                else
                {
                    problems.Add($"{templates[t].Name}, {conversations[c].Name}:\n  ours   {JsonSerializer.Serialize(ours ?? refusal)}\n  theirs {JsonSerializer.Serialize(text)}");
                }
            }
        }

        log.WriteLine($"{templates.Count} templates, {templates.Count * conversations.Count} renderings: {texts} equal texts, {refusals} refused by both, {onlyOurs} only here, {onlyTheirs} where Jinja itself refuses, {problems.Count} differ");
        foreach (string problem in problems)
            log.WriteLine(problem);
        Assert.Empty(problems);
    }

    internal static string? Render(string template, string conversation, out string? refusal)
    {
        refusal = null;
        try
        {
            using var data = JsonDocument.Parse(conversation);
            var import = new JinjaImport(value => value, argumentsAsText: false);
            var variables = data.RootElement.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, import.Value(p.Value.Clone())));
            return JinjaInterpreter.Run(JinjaParser.Parse(template), variables, TimeProvider.System);
        }
        catch (ChatTemplateException e)
        {
            refusal = "refused: " + e.Message;
            return null;
        }
    }
}
