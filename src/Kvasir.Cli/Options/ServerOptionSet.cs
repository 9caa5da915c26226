using System.CommandLine;
using Kvasir.KvCache.Blending;
using Kvasir.KvCache.Retention;
using Kvasir.Models.Hub;
using Kvasir.Serving.Configuration;

namespace Kvasir.Cli.Options;

/// <summary>The options of commands that read a server's configuration. A flag is a setting under a shorter name.</summary>
internal sealed class ServerOptionSet
{
    private readonly Option<string?> _config = new("--config", "-c")
    {
        Description = $"The configuration file. Default: {ConfigurationFile.DefaultName} in the working folder, where it is there.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "A setting, e.g. limits.tenantRequests=16; may be given several times.",
        HelpName = "NAME=VALUE",
    };

    private readonly Option<bool> _find = new("--find-fragments")
    {
        Description = "With --reuse: look for fragments of any earlier prompt, not only for parts that requests mark with kvasir.cache.",
    };

    private readonly (Option<string?> Option, string Setting)[] _flags =
    [
        (Flag("--model", NamedModel.HelpName, $"{NamedModel.Description} Default: the bundled model.", "-m"), "model"),
        (Flag("--listen", "URL", "Where to listen; port 0 takes a free one. Default: http://127.0.0.1:8080."), "listen"),
        (Flag("--max-context", "N", "Most tokens of prompt and answer together."), "engine.maxContext"),
        (Flag("--threads", "N", "Worker threads.", "-t"), "engine.threads"),
        (Flag("--kv-type", "TYPE", "How keys and values are stored: f32, f16, bf16, q8_0 or q4_0."), "engine.kvType"),
        (Flag("--kv-budget", "SIZE", "Memory for keys and values, e.g. 512MiB."), "engine.kvBudget"),
        (Flag("--host-cache", "SIZE", "Memory for keys and values beyond that, e.g. 4GiB."), "engine.tiers.host"),
        (Flag("--cache", "DIR", "Folder that keeps keys and values across restarts."), "engine.tiers.folder"),
        (Flag("--disk-cache", "SIZE", "Most bytes in that folder, e.g. 16GiB."), "engine.tiers.disk"),
        (Flag("--retention", "NAME", $"Which kept keys and values go first when there is no room: {string.Join(", ", RetentionPolicies.Names)}."), "engine.retention"),
        (Flag("--kv-memory", "KIND", "Where keys and values lie: paged, contiguous-private or contiguous-shared."), "engine.kvMemory"),
        (Flag("--reuse", "POLICY", $"Reuse text that recurs behind another prefix, e.g. cacheblend:0.15: the policy and the share of its rows that is computed again. Policies: {string.Join(", ", BlendPolicies.Names)}. Default: off, and requests may choose. Answers are then approximate."), "reuse.policy"),
        (Flag("--kv-policy", "POLICY", "Keep fewer rows of long prompts: NAME:SHARE or NAME:ROWS, e.g. cake:0.25 ('kvasir kv policies' lists them). Default: off, and requests may choose. Answers are then approximate."), "kv.policy"),
        (Flag("--chunk-share", "SHARE", "Share of the KV memory that text kept for such reuse may hold, 0 to 1."), "engine.chunkShare"),
        (Flag("--audit-rate", "SHARE", "Share of the answers with such reuse that are run again without it in idle time, 0 to 1; a policy that deviates is switched off for its tenant."), "engine.audit.rate"),
        (Flag("--scheduling", "NAME", $"Which waiting answer begins first: {string.Join(" or ", SchedulingNames.All)} (least left to compute, by age)."), "engine.scheduling"),
    ];

    public void AddTo(Command command)
    {
        command.Add(_config);
        foreach (var (option, _) in _flags)
            command.Add(option);
        command.Add(_find);
        command.Add(_set);
        _set.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value.IndexOf('=', StringComparison.Ordinal) < 1))
                result.AddError($"--set is '{token.Value}'; write NAME=VALUE");
        });
    }

    /// <summary>The configuration file that is read; null when there is none.</summary>
    public string? FilePath(ParseResult parsed) =>
        parsed.GetValue(_config) ?? (File.Exists(ConfigurationFile.DefaultName) ? ConfigurationFile.DefaultName : null);

    /// <summary>The configuration that the options name; without any model it has the bundled one.</summary>
    public ConfigurationFile Open(ParseResult parsed)
    {
        var settings = new List<KeyValuePair<string, string?>>();
        foreach (var (option, setting) in _flags)
        {
            if (parsed.GetValue(option) is { } value)
                settings.Add(KeyValuePair.Create(setting, (string?)value));
        }

        if (parsed.GetValue(_find))
            settings.Add(KeyValuePair.Create("reuse.findFragments", (string?)"true"));
        foreach (var pair in parsed.GetValue(_set) ?? [])
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            settings.Add(KeyValuePair.Create(pair[..at], (string?)pair[(at + 1)..]));
        }

        var file = ConfigurationFile.Open(parsed.GetValue(_config), settings);
        return file.Read().Models.Count > 0
            ? file
            : ConfigurationFile.Open(parsed.GetValue(_config), [.. settings, KeyValuePair.Create("model", (string?)BundledFiles.Model())]);
    }

    /// <summary>The settings in force, with pulled models by their paths; requests call them by owner and name.</summary>
    /// <exception cref="FileNotFoundException">A model has the form of a hub's name and was not pulled.</exception>
    public static ServerConfiguration Read(ConfigurationFile file)
    {
        var configuration = file.Read();
        return configuration with { Models = [.. configuration.Models.Select(Resolve)] };
    }

    private static ModelConfiguration Resolve(ModelConfiguration model)
    {
        var path = NamedModel.Resolve(model.Path);
        return path == model.Path ? model : model with { Path = path, Name = model.Name ?? HubReference.Parse(model.Path).Id };
    }

    private static Option<string?> Flag(string name, string value, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = value };
}
