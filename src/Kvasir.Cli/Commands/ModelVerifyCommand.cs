using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Engine;
using Kvasir.Engine.Verification;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir model verify</c>: compares logits with a reference.</summary>
internal sealed class ModelVerifyCommand : Command, IHelpTopics
{
    private readonly Argument<string?> _path = new("MODEL")
    {
        Description = "A folder with expected.json beside the model, or any model together with --reference or --against. Default: the bundled model.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _reference = new("--reference")
    {
        Description = "A file with reference logits at some positions and a greedy continuation, or a folder with expected.json.",
        HelpName = "FILE.json",
    };

    private readonly Option<string?> _against = new("--against") { Description = "Another model of the same vocabulary to compare with on --text.", HelpName = "MODEL" };

    private readonly Option<string?> _text = new("--text")
    {
        Description = "Text to read: a plain file, or a JSON object of lists of texts.",
        HelpName = "FILE",
    };

    private readonly Option<long> _maxTokens = new("--max-tokens")
    {
        Description = "Compare at most so many tokens of the text.",
        HelpName = "N",
        DefaultValueFactory = _ => 20_000,
    };

    private readonly Option<int?> _threads = new("--threads", "-t") { Description = "Worker threads.", HelpName = "N" };
    private readonly JsonOption _json = new("{architecture, maxAbsDiff, logitRange, top1Agreement, pass}; with --against also {meanKl, perplexity, referencePerplexity}.");

    public ModelVerifyCommand()
        : base("verify", "Compares a model's logits with a reference and exits 1 when they do not fit.")
    {
        Add(_path);
        Add(_reference);
        Add(_against);
        Add(_text);
        Add(_maxTokens);
        Add(_threads);
        Add(_json);
        SetAction(Run);
    }

    public string? Details => """
        With a reference (keys and values in binary32) no logit may be off by more than 1e-4 of the logit range, and the first
        choices and greedy tokens must be equal, up to ties. With --against the most probable token must agree at 98 % of the
        positions of the text and the perplexity may be at most 2 % higher.
        """;

    public IReadOnlyList<string> Examples =>
    [
        "kvasir model verify fixtures/llama",
        "kvasir model verify model-folder --reference reference.json",
        "kvasir model verify llama.gguf --reference fixtures/llama",
        "kvasir model verify model.gguf --against model-folder --text heldout.txt --json",
    ];

    private Task<int> Run(ParseResult parsed, CancellationToken cancellation) => Task.Run(
        () =>
        {
            var path = NamedModel.OrDefault(parsed.GetValue(_path));
            var options = new EngineOptions { Threads = parsed.GetValue(_threads) };
            if (parsed.GetValue(_against) is { } against)
                return Compare(parsed, path, NamedModel.Resolve(against), options, cancellation);
            if (parsed.GetValue(_text) is not null)
                throw new ArgumentException("--text needs --against MODEL");
            var report = parsed.GetValue(_reference) is { } reference
                ? Directory.Exists(reference)
                    ? FixtureVerification.Run(Fixture(reference), path, options, cancellation)
                    : ReferenceVerification.Run(path, reference, options, cancellation)
                : FixtureVerification.Run(Fixture(path), options, cancellation);
            return Print(parsed, report);
        },
        cancellation);

    private static string Fixture(string path) => File.Exists(Path.Combine(path, FixtureVerification.FileName))
        ? path
        : throw new FileNotFoundException($"{path} has no {FixtureVerification.FileName}; name a reference with --reference, or another model with --against and --text");

    private int Print(ParseResult parsed, VerificationReport report)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["architecture"] = report.Architecture,
                ["maxAbsDiff"] = JsonOutput.Number(report.MaxAbsDiff),
                ["logitRange"] = JsonOutput.Number(report.LogitRange),
                ["top1Agreement"] = JsonOutput.Number(report.Top1Agreement),
                ["pass"] = report.Pass,
            });
        }
        else
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{report.Architecture}: {report.Rows} rows, largest difference {report.MaxAbsDiff:0.000000} in a range of {report.LogitRange:0.00} ({report.MaxAbsDiff / report.LogitRange:0.0e+00}), first choice equal in {report.Top1Agreement:0.00%}"));
            if (report.GreedyCompared is { } compared)
                output.WriteLine($"greedy tokens: {report.GreedyEqual} of {compared} equal");
            output.WriteLine(report.Pass ? "passes" : "DOES NOT PASS");
        }

        return report.Pass ? ExitCode.Success : ExitCode.Failure;
    }

    private int Compare(ParseResult parsed, string path, string against, EngineOptions options, CancellationToken cancellation)
    {
        var text = parsed.GetValue(_text) ?? throw new ArgumentException("--against needs --text FILE");
        var report = ModelComparison.Run(path, against, ReadTexts(text), parsed.GetValue(_maxTokens), options, progress: null, cancellation);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["architecture"] = report.Architecture,
                ["rows"] = report.Rows,
                ["maxAbsDiff"] = JsonOutput.Number(report.MaxAbsDiff),
                ["logitRange"] = JsonOutput.Number(report.LogitRange),
                ["top1Agreement"] = JsonOutput.Number(report.Top1Agreement),
                ["meanKl"] = JsonOutput.Number(report.MeanKl),
                ["perplexity"] = JsonOutput.Number(report.Perplexity),
                ["referencePerplexity"] = JsonOutput.Number(report.ReferencePerplexity),
                ["pass"] = report.Pass,
            });
        }
        else
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{Screen.Count(report.Rows)} tokens: first choice equal at {report.Top1Agreement:0.00%}, mean KL {report.MeanKl:0.00000} nats, perplexity {report.Perplexity:0.000} against {report.ReferencePerplexity:0.000} ({(report.Perplexity / report.ReferencePerplexity) - 1:+0.00%;-0.00%})"));
            output.WriteLine(report.Pass ? "passes" : "DOES NOT PASS");
        }

        return report.Pass ? ExitCode.Success : ExitCode.Failure;
    }

    private static IReadOnlyList<string> ReadTexts(string path)
    {
        var text = File.ReadAllText(path);
        if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            return [text];
        try
        {
            using var json = JsonDocument.Parse(text);
            string[][] lists = [.. json.RootElement.EnumerateObject().Select(list => list.Value.EnumerateArray().Select(item => item.GetString() ?? "").ToArray())];

            // Round robin over the sources, so that a part of the texts is a part of each source.
            var longest = lists.Select(list => list.Length).DefaultIfEmpty(0).Max();
            return [.. Enumerable.Range(0, longest).SelectMany(i => lists.Where(list => i < list.Length).Select(list => list[i]))];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path} is no JSON object of lists of texts: {exception.Message}", exception);
        }
    }
}
