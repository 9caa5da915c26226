using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Demo;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir demo</c>: questions about a long document, cold against reused.</summary>
internal sealed class DemoCommand : Command, IHelpTopics
{
    private readonly Option<string?> _file = new("--file", "-f")
    {
        Description = "Your own document (plain text); needs --question. Default: the shipped register of invented towns, firms, people and ships.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _questions = new("--question", "-q")
    {
        Description = "Your own question; may be given several times.",
        HelpName = "TEXT",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<int> _maxTokens = new("--max-tokens", "-n")
    {
        Description = "Most tokens of an answer.",
        HelpName = "N",
        DefaultValueFactory = _ => 32,
    };

    private readonly JsonOption _json = new("{questions: [{question, answer, coldTtftMs, reusedTtftMs, reusedTokens, bitsEqual}]}");
    private readonly EngineOptionSet _engine = new();

    public DemoCommand()
        : base("demo", "Reads a long document once, asks questions about it, and compares every answer with a cold run.")
    {
        Add(_file);
        Add(_questions);
        Add(_maxTokens);
        Add(_json);
        _engine.AddTo(this);
        SetAction(RunAsync);
    }

    public string? Details => """
        Each question is answered twice: with the document's keys and values reused, and cold, computed from nothing.
        The table compares time to first token, tokens computed, and the bits of all logits of both runs.
        An answer counts as right when it contains the known one. Exits 1 when a bit differs.
        """;

    public IReadOnlyList<string> Examples =>
    [
        "kvasir demo",
        "kvasir demo --file report.txt --question \"Who signed the report?\" --question \"When?\"",
        "kvasir demo --model other-model.gguf --threads 4",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var set = Load(parsed.GetValue(_file), parsed.GetValue(_questions) ?? []);
        var output = parsed.InvocationConfiguration.Output;
        var json = parsed.GetValue(_json);
        using var engine = _engine.Load(parsed);
        var screen = json ? null : new DemoScreen(Screen.Create(output), engine);
        screen?.Begin();
        var report = await new DemoRunner(engine, parsed.GetValue(_maxTokens)).RunAsync(set, screen, cancellation).ConfigureAwait(false);
        if (json)
            JsonOutput.Write(output, new JsonObject { ["questions"] = new JsonArray([.. report.Results.Select(ToJson)]) });
        else
            screen!.End(report);
        return report.AllBitsEqual ? ExitCode.Success : ExitCode.Failure;
    }

    private static DemoSet Load(string? file, string[] questions)
    {
        var asked = questions.Select(question => new DemoQuestion(question, [])).ToArray();
        if (file is null)
        {
            var shipped = DemoSet.Load(BundledFiles.Demo());
            return asked.Length == 0 ? shipped : shipped with { Questions = asked };
        }

        if (asked.Length == 0)
            throw new ArgumentException("--file needs a question; add --question \"…\"");
        return new DemoSet(DemoSet.ReadDocument(file), asked);
    }

    private static JsonObject ToJson(DemoResult result) => new()
    {
        ["question"] = result.Question.Question,
        ["answer"] = result.Reused.Text,
        ["coldTtftMs"] = result.Cold.TimeToFirstToken.TotalMilliseconds,
        ["reusedTtftMs"] = result.Reused.TimeToFirstToken.TotalMilliseconds,
        ["reusedTokens"] = result.Reused.ReusedTokens,
        ["bitsEqual"] = result.BitsEqual,
    };
}
