using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.KvCache.Compression;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir kv policies</c>: the compression policies.</summary>
internal sealed class KvPoliciesCommand : Command, IHelpTopics
{
    private readonly JsonOption _json = new("{policies: [{name, keeps, needsProfile}]}");

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
                ["policies"] = new JsonArray([.. CompressionPolicies.Names.Select(name => new JsonObject
                {
                    ["name"] = name,
                    ["keeps"] = CompressionPolicies.Describe(name),
                    ["needsProfile"] = CompressionPolicies.NeedsProfile(name),
                })]),
            });
            return;
        }

        var width = CompressionPolicies.Names.Max(name => name.Length) + 2;
        foreach (var name in CompressionPolicies.Names)
            output.WriteLine($"{name.PadRight(width)}{CompressionPolicies.Describe(name)}{(CompressionPolicies.NeedsProfile(name) ? " (needs a head profile)" : "")}");
    }
}
