using System.Text.Json;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Schemas;
using Xunit.Abstractions;

namespace Kvasir.Grammars.Tests.Schemas;

/// <summary>
/// The public suite, read one way: a schema may be refused, but where it is not, nothing that the suite calls invalid is accepted, and all
/// that is generated is valid.
/// </summary>
public sealed class PublicSuiteTests(ITestOutputHelper output)
{
    private static readonly (string Folder, string Dialect)[] Drafts =
    [
        ("draft4", "http://json-schema.org/draft-04/schema#"),
        ("draft6", "http://json-schema.org/draft-06/schema#"),
        ("draft7", "http://json-schema.org/draft-07/schema#"),
        ("draft2019-09", "https://json-schema.org/draft/2019-09/schema"),
        ("draft2020-12", "https://json-schema.org/draft/2020-12/schema"),
    ];

    [SuiteFact]
    public void NothingInvalidIsAcceptedOrWritten()
    {
        var failures = new List<string>();
        foreach (var (folder, dialect) in Drafts)
        {
            var counts = new Counts();
            foreach (var file in Directory.EnumerateFiles(Path.Combine(SuiteFactAttribute.Folder!, folder), "*.json").Order(StringComparer.Ordinal))
            {
                foreach (var group in JsonNode.Parse(File.ReadAllText(file))!.AsArray())
                    Check(group!, dialect, $"{folder}/{Path.GetFileName(file)}: {group!["description"]}", counts, failures);
            }

            output.WriteLine($"{folder}: {counts.Supported} of {counts.Schemas} schemas supported; {counts.InvalidRefused} of {counts.Invalid} invalid instances refused; {counts.ValidAccepted} of {counts.Valid} valid instances accepted; {counts.Written} documents written");
            foreach (var (reason, count) in counts.Reasons.OrderByDescending(reason => reason.Value).Take(25))
                output.WriteLine($"    {count} × {reason}");
        }

        Assert.True(failures.Count == 0, $"{failures.Count} failures:\n{string.Join('\n', failures.Take(60))}");
    }

    private static void Check(JsonNode group, string dialect, string name, Counts counts, List<string> failures)
    {
        var schema = group["schema"]!.DeepClone();
        if (schema is JsonObject keywords && !keywords.ContainsKey("$schema"))
            keywords["$schema"] = dialect;
        var text = schema.ToJsonString();
        counts.Schemas++;
        CompiledGrammar grammar;
        try
        {
            grammar = Read.Compile(Read.Schema(text, new JsonSchemaOptions { Lenient = true }));
        }
        catch (GrammarException error)
        {
            var reason = error.Message.Contains(": ", StringComparison.Ordinal) && error.Message.StartsWith("schema at", StringComparison.Ordinal) ? error.Message[(error.Message.IndexOf(": ", StringComparison.Ordinal) + 2)..] : error.Message;
            counts.Reasons[reason] = counts.Reasons.GetValueOrDefault(reason) + 1;
            return;
        }
        catch (Exception error) when (error is not Xunit.Sdk.XunitException)
        {
            failures.Add($"{name}: {error.GetType().Name}: {error.Message} {error.StackTrace?.Split('\n')[0]}");
            return;
        }

        counts.Supported++;
        foreach (var test in group["tests"]!.AsArray())
        {
            var valid = test!["valid"]!.GetValue<bool>();
            var accepted = Orders(test["data"]).Any(json => Read.Accepts(grammar, json));
            if (valid)
            {
                counts.Valid++;
                counts.ValidAccepted += accepted ? 1 : 0;
                continue;
            }

            counts.Invalid++;
            counts.InvalidRefused += accepted ? 0 : 1;
            if (accepted)
                failures.Add($"{name}: '{test["description"]}' is accepted");
        }

        if (!dialect.Contains("draft-04", StringComparison.Ordinal))
            Write(grammar, text, name, counts, failures);
    }

    private static void Write(CompiledGrammar grammar, string schema, string name, Counts counts, List<string> failures)
    {
        SchemaValidator validator;
        try
        {
            validator = new SchemaValidator(schema);
        }
        catch (Exception)
        {
            return; // What the validator itself cannot read proves nothing.
        }

        var random = new Random(5);
        for (var i = 0; i < 3; i++)
        {
            if (RandomWriter.Write(grammar, random, 2 + (i * 6), 600) is not { } json)
                continue;
            counts.Written++;
            try
            {
                if (!validator.IsValid(json))
                    failures.Add($"{name}: wrote {json}");
            }
            catch (JsonException error)
            {
                failures.Add($"{name}: wrote {json}: {error.Message}");
            }
            catch (Exception)
            {
                counts.Written--;
            }
        }
    }

    // The instance as compact text, with the members of the outermost object in every order.
    private static IEnumerable<string> Orders(JsonNode? data)
    {
        if (data is not JsonObject { Count: > 1 and < 6 } members)
            return [Text(data)];
        return Permutations([.. members.Select(member => member.Key)])
            .Select(order => "{" + string.Join(',', order.Select(key => $"{Text(JsonValue.Create(key))}:{Text(members[key])}")) + "}");
    }

    private static IEnumerable<string[]> Permutations(string[] keys) => keys.Length <= 1
        ? [keys]
        : keys.SelectMany((key, i) => Permutations([.. keys.Where((_, j) => j != i)]).Select(rest => (string[])[key, .. rest]));

    private static string Text(JsonNode? node) =>
        node is null ? "null" : node.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private sealed class Counts
    {
        public int Schemas { get; set; }

        public int Supported { get; set; }

        public int Valid { get; set; }

        public int ValidAccepted { get; set; }

        public int Invalid { get; set; }

        public int InvalidRefused { get; set; }

        public int Written { get; set; }

        public Dictionary<string, int> Reasons { get; } = new(StringComparer.Ordinal);
    }
}
