using System.CommandLine;
using Kvasir.Cli.Caches;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.Cli.Options;

/// <summary>Which cache, and which store of it.</summary>
internal sealed class CacheOptionSet
{
    private readonly Option<string> _cache = new("--cache")
    {
        Description = "Folder of the cache: kvasir/kv in $XDG_CACHE_HOME or ~/.cache unless another is named.",
        HelpName = "DIR",
        DefaultValueFactory = _ => CacheLocation.Default,
    };

    private readonly Option<string?> _store = new("--store")
    {
        Description = "One store of the cache: the KV of one model. Default: all, or the only one.",
        HelpName = "NAME",
    };

    /// <param name="command">The command.</param>
    /// <param name="stores">False when the command is about the cache as a whole.</param>
    public void AddTo(Command command, bool stores = true)
    {
        command.Add(_cache);
        if (stores)
            command.Add(_store);
    }

    public CacheFolder Folder(ParseResult parsed) => new(parsed.GetValue(_cache)!);

    public string? Store(ParseResult parsed) => parsed.GetValue(_store);
}
