using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir cache pin</c>: keeps an object, and what it rests on.</summary>
internal sealed class CachePinCommand : Command, IHelpTopics
{
    private readonly CacheOptionSet _cache = new();
    private readonly Argument<string> _key = new("KEY") { Description = "The object's key, or its first digits." };
    private readonly Option<string> _by = new("--by")
    {
        Description = "Who wants it kept, for listings.",
        HelpName = "NAME",
        DefaultValueFactory = _ => Environment.UserName,
    };

    private readonly JsonOption _json = new("{store, pinned: [key, …]}");

    public CachePinCommand()
        : base("pin", "Keeps an object until it is unpinned: it is not evicted and its time does not pass.")
    {
        Add(_key);
        _cache.AddTo(this);
        Add(_by);
        Add(_json);
        SetAction(Run);
    }

    public string? Details => "A chunk is of use only with the chunks before it, so these are pinned too. Pins survive restarts.";

    public IReadOnlyList<string> Examples => ["kvasir cache pin 3fa29c01"];

    private int Run(ParseResult parsed)
    {
        var folder = _cache.Folder(parsed);
        var (store, entry) = folder.Object(parsed.GetValue(_key)!, _cache.Store(parsed));
        using var tier = folder.OpenToWrite(store);
        var keys = tier.WithAncestors(entry.Key).Where(key => tier.Keep(key, parsed.GetValue(_by)!)).Select(key => key.ToString()).ToArray();
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, new JsonObject { ["store"] = store.Name, ["pinned"] = new JsonArray([.. keys.Select(key => JsonValue.Create(key))]) });
        else
            output.WriteLine($"pinned {keys.Length} objects of {store.Name}");
        return ExitCode.Success;
    }
}
