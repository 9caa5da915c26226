using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Compression.Profiles;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir kv policies</c>: the KV policies.</summary>
internal sealed class KvPoliciesCommand : Command, IHelpTopics
{
    private readonly JsonOption _json = new("{policies: [{name, keeps, readsOnly, needsProfile, forms}]}");

    public KvPoliciesCommand()
        : base("policies", "Lists the policies that --kv-policy and requests may name.")
    {
        Add(_json);
        SetAction(Run);
    }

    public string? Details => null;

    public IReadOnlyList<string> Examples => ["kvasir kv policies --json"];

    private void Run(ParseResult parsed)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["policies"] = new JsonArray([.. KvChoice.Names.Select(name => new JsonObject
                {
                    ["name"] = name,
                    ["keeps"] = KvChoice.Describe(name),
                    ["readsOnly"] = KvChoice.ReadsOnly(name),
                    ["needsProfile"] = KvChoice.ProfileOf(name) is ProfileKind.Heads or ProfileKind.Ranks,
                    ["forms"] = new JsonArray([.. CompressionPolicies.Forms.Where(form => KvChoice.WhyNot($"{name}+{form}") is null).Select(form => JsonValue.Create(form))]),
                })]),
            });
            return;
        }

        var width = KvChoice.Names.Max(name => name.Length) + 2;
        foreach (var name in KvChoice.Names)
            output.WriteLine($"{name.PadRight(width)}{KvChoice.Describe(name)}{KvChoice.ProfileOf(name) switch { ProfileKind.Heads => " (needs a head profile)", ProfileKind.Ranks => " (needs a rank profile)", ProfileKind.Scopes => " (takes no budget)", _ => "" }}");
        output.WriteLine($"\nNAME+{string.Join(" or NAME+", CompressionPolicies.Forms)}, such as snapkv+kivi2:0.25, packs the rows that a policy keeps.");
    }
}
