using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir cache unpin</c>: lets an object go.</summary>
internal sealed class CacheUnpinCommand : Command, IHelpTopics
{
    private readonly CacheOptionSet _cache = new();
    private readonly Argument<string> _key = new("KEY") { Description = "The object's key, or its first digits." };
    private readonly JsonOption _json = new("{store, unpinned: [key, …]}");

    public CacheUnpinCommand()
        : base("unpin", "Lets a pinned object go, and the chunks before it.")
    {
        Add(_key);
        _cache.AddTo(this);
        Add(_json);
        SetAction(Run);
    }

    public string? Details => "Chunks before it that another pinned object rests on are let go too: pin that one again.";

    public IReadOnlyList<string> Examples => ["kvasir cache unpin 3fa29c01"];

    private int Run(ParseResult parsed)
    {
        var folder = _cache.Folder(parsed);
        var (store, entry) = folder.Object(parsed.GetValue(_key)!, _cache.Store(parsed));
        using var tier = folder.OpenToWrite(store);
        var keys = tier.WithAncestors(entry.Key).Where(tier.LetGo).Select(key => key.ToString()).ToArray();
        if (keys.Length == 0)
            throw new InvalidOperationException($"object {entry.Key} is not pinned");
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, new JsonObject { ["store"] = store.Name, ["unpinned"] = new JsonArray([.. keys.Select(key => JsonValue.Create(key))]) });
        else
            output.WriteLine($"unpinned {keys.Length} objects of {store.Name}");
        return ExitCode.Success;
    }
}
