using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Doctor;
using Kvasir.Cli.Doctor.Machine;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Serving.Configuration;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir doctor</c>: whether a model would run here.</summary>
internal sealed class DoctorCommand : Command, IHelpTopics
{
    private const string RedisVariable = "KVASIR_REDIS";

    private readonly Option<string?> _redis = new("--redis")
    {
        Description = $"A Redis server: HOST:PORT or redis://:PASSWORD@HOST:PORT. Default: ${RedisVariable}, or none.",
        HelpName = "ADDRESS",
    };

    private readonly Option<string[]> _folders = new("--folder")
    {
        Description = "A folder for caches; may be given several times.",
        HelpName = "DIR",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<bool> _full = new("--full") { Description = "Also read every weight of the model." };
    private readonly JsonOption _json = new("{problems, warnings, findings: [{area, check, level, found, advice}]}; levels are ok, note, warning and problem.");
    private readonly ServerOptionSet _server = new();

    public DoctorCommand()
        : base("doctor", "Looks at machine, files, ports, Redis and GPU, and says what to do where something is not right.")
    {
        Add(_redis);
        Add(_folders);
        Add(_full);
        Add(_json);
        _server.AddTo(this);
        SetAction(RunAsync);
    }

    public string? Details => """
        Nothing is changed: files are opened, addresses bound for a moment, Redis is asked for its version and settings.
        Exits 1 when there is a problem; warnings mean that it runs, but slower or with a risk.
        """;

    public IReadOnlyList<string> Examples =>
    [
        "kvasir doctor",
        "kvasir doctor --model model.gguf --kv-budget 8GiB --listen http://0.0.0.0:8080 --redis localhost:6379",
        "kvasir doctor --config /etc/kvasir/kvasir.json --json",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var context = new DoctorContext(Targets(parsed), new MachineFacts());
        var findings = await Examination.RunAsync(context, cancellation).ConfigureAwait(false);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, ToJson(findings));
        else
            DoctorScreen.Write(Screen.Create(output), findings);
        return findings.Any(finding => finding.Level == FindingLevel.Problem) ? ExitCode.Failure : ExitCode.Success;
    }

    private DoctorTargets Targets(ParseResult parsed)
    {
        var targets = new DoctorTargets
        {
            ConfigFile = _server.FilePath(parsed),
            Folders = parsed.GetValue(_folders) ?? [],
            Redis = parsed.GetValue(_redis) ?? (Environment.GetEnvironmentVariable(RedisVariable) is { Length: > 0 } address ? address : null),
            Full = parsed.GetValue(_full),
        };
        try
        {
            var server = ServerOptionSet.Read(_server.Open(parsed));
            return targets with
            {
                Models = [.. server.Models.Select(model => model.Path)],
                Engine = server.Models[0].Engine,
                Listen = [.. server.Listen, .. server.Admin.Key is null ? [] : server.Admin.Listen],
            };
        }
        catch (ConfigurationException exception)
        {
            return targets with { SettingsProblem = exception.Message, NoModel = "the settings cannot be used" };
        }
        catch (Exception exception) when (exception is FileNotFoundException or InvalidOperationException)
        {
            return targets with { NoModel = exception.Message };
        }
    }

    private static JsonObject ToJson(IReadOnlyList<Finding> findings) => new()
    {
        ["problems"] = findings.Count(finding => finding.Level == FindingLevel.Problem),
        ["warnings"] = findings.Count(finding => finding.Level == FindingLevel.Warning),
        ["findings"] = new JsonArray([.. findings.Select(finding => new JsonObject
        {
            ["area"] = finding.Area,
            ["check"] = finding.Check,
            ["level"] = finding.Level.ToString().ToLowerInvariant(),
            ["found"] = finding.Found,
            ["advice"] = finding.Advice,
        })]),
    };
}
