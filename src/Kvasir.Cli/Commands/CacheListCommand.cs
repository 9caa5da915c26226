using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.KvCache.Tiers;
using Spectre.Console;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir cache ls</c>: the objects of a cache.</summary>
internal sealed class CacheListCommand : Command, IHelpTopics
{
    private const int ShownDigits = 16;
    private readonly CacheOptionSet _cache = new();
    private readonly Option<string?> _tenant = new("--tenant") { Description = "Only this tenant's objects.", HelpName = "LABEL" };
    private readonly JsonOption _json = new("{cache, stores: [{name, model, profile, objects: [{key, tenant, firstToken, tokens, bytes, created, lastUse, uses, pinned}]}]}");

    public CacheListCommand()
        : base("ls", "Lists the objects of a cache.")
    {
        _cache.AddTo(this);
        Add(_tenant);
        Add(_json);
        SetAction(Run);
    }

    public string? Details => "Objects are listed by their place in a prompt, then by their last use. A key's first digits are enough for other commands.";

    public IReadOnlyList<string> Examples => ["kvasir cache ls", "kvasir cache ls --tenant alice --json"];

    private int Run(ParseResult parsed)
    {
        var folder = _cache.Folder(parsed);
        var tenant = parsed.GetValue(_tenant);
        var stores = folder.Stores(_cache.Store(parsed)).Select(store =>
        {
            using var tier = folder.OpenToRead(store);
            return (Store: store, Entries: tier.List()
                .Where(entry => tenant is null || entry.Tenant == tenant)
                .OrderBy(entry => entry.FirstToken).ThenByDescending(entry => entry.LastUse)
                .ToArray());
        }).ToArray();
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["cache"] = folder.Path,
                ["stores"] = new JsonArray([.. stores.Select(store => new JsonObject
                {
                    ["name"] = store.Store.Name,
                    ["model"] = store.Store.Identity.ModelFingerprint,
                    ["profile"] = store.Store.Identity.NumericsProfile,
                    ["objects"] = new JsonArray([.. store.Entries.Select(ToJson)]),
                })]),
            });
            return ExitCode.Success;
        }

        var table = Screen.Table("key", "store", "tenant", "tokens", "size", "last use", "uses", "pinned");
        foreach (var (store, entries) in stores)
        {
            foreach (var entry in entries)
                table.AddRow(Row(store.Name, entry));
        }

        Screen.Create(output).Write(table);
        return ExitCode.Success;
    }

    private static Text[] Row(string store, TierEntry entry) =>
    [
        new(entry.Key.ToString()[..ShownDigits]),
        new(store),
        new(entry.Tenant),
        new(string.Create(CultureInfo.InvariantCulture, $"{entry.FirstToken}–{entry.FirstToken + entry.Tokens}")),
        new(Screen.Size(entry.Bytes)),
        new(entry.LastUse.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)),
        new(Screen.Count(entry.Uses)),
        new(entry.Pinned ? "yes" : ""),
    ];

    private static JsonObject ToJson(TierEntry entry) => new()
    {
        ["key"] = entry.Key.ToString(),
        ["tenant"] = entry.Tenant,
        ["firstToken"] = entry.FirstToken,
        ["tokens"] = entry.Tokens,
        ["bytes"] = entry.Bytes,
        ["created"] = entry.Created.ToString("O", CultureInfo.InvariantCulture),
        ["lastUse"] = entry.LastUse.ToString("O", CultureInfo.InvariantCulture),
        ["uses"] = entry.Uses,
        ["pinned"] = entry.Pinned,
    };
}
