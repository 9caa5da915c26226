using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.KvCache.Tiers.Archives;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir cache trust list</c>: the trusted keys.</summary>
internal sealed class CacheTrustListCommand : Command, IHelpTopics
{
    private readonly CacheOptionSet _cache = new();
    private readonly JsonOption _json = new("{keys: [{fingerprint, name}]}");

    public CacheTrustListCommand()
        : base("list", "Lists the trusted keys.")
    {
        _cache.AddTo(this, stores: false);
        Add(_json);
        SetAction(Run);
    }

    public IReadOnlyList<string> Examples => ["kvasir cache trust list"];

    private int Run(ParseResult parsed)
    {
        var keys = TrustList.Open(_cache.Folder(parsed).KeyFolder).Keys;
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["keys"] = new JsonArray([.. keys.Select(key => new JsonObject { ["fingerprint"] = key.Fingerprint, ["name"] = key.Name })]),
            });
            return ExitCode.Success;
        }

        foreach (var key in keys)
            output.WriteLine($"{key.Fingerprint} {key.Name}".TrimEnd());
        return ExitCode.Success;
    }
}
