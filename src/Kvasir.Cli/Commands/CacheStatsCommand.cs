using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.KvCache.Tiers.Archives;
using Spectre.Console;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir cache stats</c>: sums over a cache.</summary>
internal sealed class CacheStatsCommand : Command, IHelpTopics
{
    private readonly CacheOptionSet _cache = new();
    private readonly JsonOption _json = new("{cache, stores: [{name, model, profile, layout, objects, tokens, bytes, pinned, uses, quarantined, tenants}]}");

    public CacheStatsCommand()
        : base("stats", "Sums up the stores of a cache.")
    {
        _cache.AddTo(this);
        Add(_json);
        SetAction(Run);
    }

    public IReadOnlyList<string> Examples => ["kvasir cache stats", "kvasir cache stats --cache /var/cache/kvasir --json"];

    private int Run(ParseResult parsed)
    {
        var folder = _cache.Folder(parsed);
        var stores = new JsonArray();
        var table = Screen.Table("store", "layout", "objects", "tokens", "size", "pinned", "uses", "quarantined", "tenants");
        foreach (var store in folder.Stores(_cache.Store(parsed)))
        {
            using var tier = folder.OpenToRead(store);
            var entries = tier.List();
            var layout = store.Identity.Geometry.Layout;
            var shape = string.Create(CultureInfo.InvariantCulture, $"{layout.Layers}x{layout.KvHeads}x{layout.HeadDim} {layout.Type}");
            var quarantined = Quarantine.Signers(store.Folder).Count;
            var tenants = entries.GroupBy(entry => entry.Tenant, StringComparer.Ordinal)
                .OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => KeyValuePair.Create<string, JsonNode?>(group.Key, group.Sum(entry => entry.Bytes)))
                .ToArray();
            stores.Add((JsonNode)new JsonObject
            {
                ["name"] = store.Name,
                ["model"] = store.Identity.ModelFingerprint,
                ["profile"] = store.Identity.NumericsProfile,
                ["layout"] = shape,
                ["objects"] = entries.Count,
                ["tokens"] = entries.Sum(entry => (long)entry.Tokens),
                ["bytes"] = entries.Sum(entry => entry.Bytes),
                ["pinned"] = entries.Count(entry => entry.Pinned),
                ["uses"] = entries.Sum(entry => entry.Uses),
                ["quarantined"] = quarantined,
                ["tenants"] = new JsonObject(tenants),
            });
            table.AddRow(
                new Text(store.Name),
                new Text(shape),
                new Text(Screen.Count(entries.Count)),
                new Text(Screen.Count(entries.Sum(entry => (long)entry.Tokens))),
                new Text(Screen.Size(entries.Sum(entry => entry.Bytes))),
                new Text(Screen.Count(entries.Count(entry => entry.Pinned))),
                new Text(Screen.Count(entries.Sum(entry => entry.Uses))),
                new Text(Screen.Count(quarantined)),
                new Text(Screen.Count(tenants.Length)));
        }

        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, new JsonObject { ["cache"] = folder.Path, ["stores"] = stores });
        else
            Screen.Create(output).Write(table);
        return ExitCode.Success;
    }
}
