using System.CommandLine;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Tiers.Disk;
using Kvasir.Serving.Configuration;

namespace Kvasir.Cli.Options;

/// <summary>Where keys and values go that the pool has no room for, for commands that load a model.</summary>
/// <param name="withCache">True for a command that is about the cache: its folder is then the user's when none is given.</param>
internal sealed class TierOptionSet(bool withCache = false)
{
    private readonly Option<long?> _host = Size("--host-cache", "Memory for keys and values beyond the pool's, e.g. 2GiB. Default: none.");

    private readonly Option<string?> _folder = new("--cache")
    {
        Description = withCache
            ? "Folder of the cache. Default: kvasir/kv in $XDG_CACHE_HOME or ~/.cache."
            : "Folder that keeps keys and values across runs. Default: none.",
        HelpName = "DIR",
    };

    private readonly Option<long?> _disk = Size("--disk-cache", "Most bytes in that folder for this model, e.g. 16GiB.");

    public void AddTo(Command command)
    {
        command.Add(_host);
        command.Add(_folder);
        command.Add(_disk);
    }

    /// <summary>The tiers; null when none is asked for.</summary>
    public TierOptions? Read(ParseResult parsed)
    {
        var host = parsed.GetValue(_host) ?? 0;
        var folder = parsed.GetValue(_folder) ?? (withCache ? CacheLocation.Default : null);
        if (host == 0 && folder is null)
            return null;
        var disk = folder is null ? null : new DiskTierSettings { Folder = Path.GetFullPath(folder) };
        if (disk is not null && parsed.GetValue(_disk) is { } bytes)
            disk = disk with { CapacityBytes = bytes };
        return new TierOptions { HostBytes = host, Disk = disk };
    }

    private static Option<long?> Size(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        CustomParser = result =>
        {
            if (Units.TryParseSize(result.Tokens[0].Value, out var bytes))
                return bytes;
            result.AddError($"{name} is '{result.Tokens[0].Value}'; write a size such as 512MiB or 2GiB");
            return null;
        },
    };
}
