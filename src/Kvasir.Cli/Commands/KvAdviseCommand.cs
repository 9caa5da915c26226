using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Advice;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Spectre.Console;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir kv advise</c>: how small the cache may be for a workload.</summary>
internal sealed class KvAdviseCommand : Command, IHelpTopics
{
    private readonly Option<string?> _model = new("--model", "-m") { Description = $"{NamedModel.Description} Default: the bundled model.", HelpName = NamedModel.HelpName };

    private readonly Option<string?> _sample = new("--sample", "-f")
    {
        Description = "The workload: a prompt a line, or .jsonl with {prompt, questions?} a line. Default: look-ups, questions and variable tracking.",
        HelpName = "FILE",
    };

    private readonly Option<QualityFloor> _floor = new("--floor")
    {
        Description = "What must hold: agreement=SHARE of tokens that stay the most probable ones, or kl=NATS a token.",
        HelpName = "FLOOR",
        CustomParser = result =>
        {
            try
            {
                return QualityFloor.Parse(result.Tokens[0].Value);
            }
            catch (FormatException error)
            {
                result.AddError(error.Message);
                return null;
            }
        },
        DefaultValueFactory = _ => new QualityFloor(IsAgreement: true, 0.98),
    };

    private readonly Option<string[]> _ways = new("--ways")
    {
        Description = $"KV types, policies, policy+type, or policy+kivi4. Default: {string.Join(", ", KvAdviceOptions.UsualWays)}.",
        HelpName = "NAME",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<double[]> _budgets = new("--budgets")
    {
        Description = "Budgets of policies that take one, as shares of the whole cache in 16 bits. Default: 0.5 0.35 0.25 0.125.",
        HelpName = "SHARE",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int?> _prompts = new("--prompts") { Description = "Most prompts. Default: 40.", HelpName = "N" };

    private readonly Option<int?> _length = new("--length") { Description = "Tokens of a context of the built-in sample. Default: 1000.", HelpName = "N" };

    private readonly Option<int?> _tokens = new("--tokens") { Description = "Longest answer that is compared. Default: 32.", HelpName = "N" };

    private readonly Option<int?> _seed = new("--seed") { Description = "Another built-in sample of the same kinds.", HelpName = "N" };

    private readonly Option<int?> _threads = new("--threads", "-t") { Description = "Worker threads. Default: the processors of the machine.", HelpName = "N" };

    private readonly JsonOption _json = new("{floor, recommended: POINT, prompts, interrupted, points: [POINT]} with POINT {way, budget, bytes, kl, agreement, bound, cases, keepsFloor, options}");

    public KvAdviseCommand()
        : base("advise", "Finds how small the KV cache may be for a workload: policies, budgets and KV types against a quality floor.")
    {
        Add(_model);
        Add(_sample);
        Add(_floor);
        Add(_ways);
        Add(_budgets);
        Add(_prompts);
        Add(_length);
        Add(_tokens);
        Add(_seed);
        Add(_threads);
        Add(_json);
        SetAction(RunAsync);
    }

    public string? Details => """
        Every way reads what the whole cache answers, and is compared token by token. Advised is the one with the fewest bytes (scales and indices
        counted) whose 95 % bound keeps the floor. A policy sees the prompt and not the questions. Ctrl-C advises by what was measured.
        """;

    public IReadOnlyList<string> Examples =>
        ["kvasir kv advise", "kvasir kv advise --model M --sample prompts.jsonl --floor kl=0.05 --json", "kvasir kv advise --ways q8_0 kivi4 razor --budgets 0.3 --prompts 30"];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var usual = new KvAdviceOptions { Model = NamedModel.OrDefault(parsed.GetValue(_model)), Floor = parsed.GetValue(_floor)! };
        var options = usual with
        {
            Sample = parsed.GetValue(_sample) is { } path ? SamplePrompt.Read(path) : null,
            Ways = parsed.GetValue(_ways) is { Length: > 0 } ways ? ways : usual.Ways,
            Budgets = parsed.GetValue(_budgets) is { Length: > 0 } budgets ? budgets : usual.Budgets,
            Prompts = parsed.GetValue(_prompts) ?? usual.Prompts,
            Length = parsed.GetValue(_length) ?? usual.Length,
            AnswerTokens = parsed.GetValue(_tokens) ?? usual.AnswerTokens,
            Seed = parsed.GetValue(_seed) ?? usual.Seed,
            Threads = parsed.GetValue(_threads),
        };
        var advice = await KvAdvisor.RunAsync(options, new ProgressLines(parsed.InvocationConfiguration.Error), cancellation).ConfigureAwait(false);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, Json(advice));
        else
            Write(output, advice);
        return advice.Interrupted ? ExitCode.Interrupted : ExitCode.Success;
    }

    private static void Write(TextWriter output, KvAdvice advice)
    {
        var table = Screen.Table("way", "budget", "bytes", "KL, nats", "same top token", "bound", advice.Floor.ToString());
        foreach (var point in advice.Points)
        {
            table.AddRow(
                point.Way, Number(point.Budget, "0.###"), Number(100 * point.Bytes, "0.0") + " %", Number(point.Kl, "0.0000"), Number(point.Agreement, "0.000"), Number(point.Bound, "0.0000"), point.KeepsFloor ? "kept" : "");
        }

        Screen.Create(output).Write(table);
        if (advice.Recommended is { } best)
            output.WriteLine($"Advised for {advice.Floor}, by {best.Cases} answers: {best.Options} ({Number(100 * best.Bytes, "0.0")} % of the bytes)");
        else
            output.WriteLine("Nothing was measured; let it run longer.");
    }

    private static JsonObject Json(KvAdvice advice) => new()
    {
        ["floor"] = advice.Floor.ToString(),
        ["recommended"] = advice.Recommended is { } best ? Json(best) : null,
        ["prompts"] = advice.Prompts,
        ["interrupted"] = advice.Interrupted,
        ["points"] = new JsonArray([.. advice.Points.Select(Json)]),
    };

    private static JsonObject Json(KvAdvicePoint point) => new()
    {
        ["way"] = point.Way,
        ["budget"] = JsonOutput.Number(point.Budget),
        ["bytes"] = JsonOutput.Number(point.Bytes),
        ["kl"] = JsonOutput.Number(point.Kl),
        ["agreement"] = JsonOutput.Number(point.Agreement),
        ["bound"] = double.IsFinite(point.Bound) ? JsonOutput.Number(point.Bound) : null,
        ["cases"] = point.Cases,
        ["keepsFloor"] = point.KeepsFloor,
        ["options"] = point.Options,
    };

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
