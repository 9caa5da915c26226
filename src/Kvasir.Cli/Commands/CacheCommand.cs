using System.CommandLine;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir cache</c>: what is about KV that lies on the disk.</summary>
internal sealed class CacheCommand : Command, IHelpTopics
{
    public CacheCommand(TextReader input)
        : base("cache", "Shows, keeps, empties and ships the KV cache on the disk.")
    {
        Add(new CacheListCommand());
        Add(new CacheStatsCommand());
        Add(new CacheLookupCommand(input));
        Add(new CacheWarmCommand());
        Add(new CacheVerifyCommand());
        Add(new CachePinCommand());
        Add(new CacheUnpinCommand());
        Add(new CacheClearCommand());
        Add(new CacheExportCommand());
        Add(new CacheImportCommand());
        Add(new CacheTrustCommand());
        Add(new CacheAdviseCommand());
    }

    public string? Details => """
        A cache has one store a model (and layout); an object is a chunk of tokens with its keys and values, sealed with the cache's key.
        ls, stats and export work beside a running server; what changes a store is refused while another process uses it.
        """;

    public IReadOnlyList<string> Examples => ["kvasir cache ls", "kvasir cache export manual.kvar", "kvasir cache import manual.kvar --cache /var/cache/kvasir"];
}
