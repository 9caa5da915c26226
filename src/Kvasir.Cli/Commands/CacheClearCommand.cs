using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.KvCache.Tiers;
using Kvasir.Serving.Configuration;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir cache clear</c>: deletes objects.</summary>
internal sealed class CacheClearCommand : Command, IHelpTopics
{
    private readonly CacheOptionSet _cache = new();
    private readonly Argument<string[]> _keys = new("KEY") { Description = "Keys, or their first digits.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _tenant = new("--tenant") { Description = "This tenant's objects.", HelpName = "LABEL" };
    private readonly Option<string?> _unused = new("--unused-for") { Description = "Objects that were not used for so long, e.g. 12h or 30d.", HelpName = "TIME" };
    private readonly Option<bool> _all = new("--all") { Description = "All objects." };
    private readonly Option<bool> _pinned = new("--pinned") { Description = "Pinned objects too; a key that is given counts as meant." };
    private readonly JsonOption _json = new("{removed, bytes}");

    public CacheClearCommand()
        : base("clear", "Deletes objects from a cache.")
    {
        Add(_keys);
        _cache.AddTo(this);
        Add(_tenant);
        Add(_unused);
        Add(_all);
        Add(_pinned);
        Add(_json);
        SetAction(Run);
    }

    public string? Details => "Say what to delete: keys, --tenant, --unused-for (which narrow each other), or --all.";

    public IReadOnlyList<string> Examples => ["kvasir cache clear --all", "kvasir cache clear --tenant alice --unused-for 30d", "kvasir cache clear 3fa29c01"];

    private int Run(ParseResult parsed)
    {
        var keys = parsed.GetValue(_keys) ?? [];
        var (tenant, unused) = (parsed.GetValue(_tenant), parsed.GetValue(_unused));
        var since = TimeSpan.Zero;
        if (unused is not null && !Units.TryParseTime(unused, out since))
            throw new FormatException($"--unused-for is '{unused}'; write a time such as 12h or 30d");
        if (keys.Length == 0 && tenant is null && unused is null && !parsed.GetValue(_all))
            throw new InvalidOperationException("say what to delete: keys, --tenant LABEL, --unused-for TIME, or --all");
        var folder = _cache.Folder(parsed);
        var named = keys.Select(digits => folder.Object(digits, _cache.Store(parsed)).Entry.Key).ToHashSet();
        var before = DateTimeOffset.UtcNow - since;
        var (removed, bytes) = (0, 0L);
        foreach (var store in folder.Stores(_cache.Store(parsed)))
        {
            using var tier = folder.OpenToWrite(store);
            foreach (var entry in tier.List().Where(IsMeant))
            {
                if (!tier.Remove(entry.Key))
                    continue;
                removed++;
                bytes += entry.Bytes;
            }
        }

        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, new JsonObject { ["removed"] = removed, ["bytes"] = bytes });
        else
            output.WriteLine($"deleted {removed} objects, {Screen.Size(bytes)}");
        return ExitCode.Success;

        bool IsMeant(TierEntry entry) =>
            (named.Count == 0 || named.Contains(entry.Key))
            && (tenant is null || entry.Tenant == tenant)
            && entry.LastUse <= before
            && (!entry.Pinned || named.Count > 0 || parsed.GetValue(_pinned));
    }
}
