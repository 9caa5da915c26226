using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.KvCache.Tiers.Archives;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir cache trust add</c>: trusts a key.</summary>
internal sealed class CacheTrustAddCommand : Command, IHelpTopics
{
    private readonly CacheOptionSet _cache = new();
    private readonly Argument<string> _fingerprint = new("FINGERPRINT") { Description = "The key's fingerprint, as 'kvasir cache trust show' prints it there." };
    private readonly Option<string> _name = new("--name") { Description = "What to call it.", HelpName = "NAME", DefaultValueFactory = _ => "" };
    private readonly JsonOption _json = new("{fingerprint, name, added}");

    public CacheTrustAddCommand()
        : base("add", "Trusts a key.")
    {
        Add(_fingerprint);
        _cache.AddTo(this, stores: false);
        Add(_name);
        Add(_json);
        SetAction(Run);
    }

    public IReadOnlyList<string> Examples => ["kvasir cache trust add FINGERPRINT --name builder"];

    private int Run(ParseResult parsed)
    {
        var (fingerprint, name) = (parsed.GetValue(_fingerprint)!, parsed.GetValue(_name)!);
        var added = TrustList.Open(_cache.Folder(parsed).KeyFolder).Add(fingerprint, name);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, new JsonObject { ["fingerprint"] = fingerprint.ToLowerInvariant(), ["name"] = name, ["added"] = added });
        else
            output.WriteLine(added ? "added" : "was trusted already");
        return ExitCode.Success;
    }
}
