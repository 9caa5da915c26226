using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.KvCache.Tiers.Archives;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir cache trust show</c>: this machine's key, which is made when there is none.</summary>
internal sealed class CacheTrustShowCommand : Command, IHelpTopics
{
    private readonly CacheOptionSet _cache = new();
    private readonly JsonOption _json = new("{fingerprint}");

    public CacheTrustShowCommand()
        : base("show", "Shows the fingerprint of the key that this cache's archives are signed with.")
    {
        _cache.AddTo(this, stores: false);
        Add(_json);
        SetAction(Run);
    }

    public IReadOnlyList<string> Examples => ["kvasir cache trust show"];

    private int Run(ParseResult parsed)
    {
        using var key = SigningKey.Open(_cache.Folder(parsed).KeyFolder);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, new JsonObject { ["fingerprint"] = key.Fingerprint });
        else
            output.WriteLine(key.Fingerprint);
        return ExitCode.Success;
    }
}
