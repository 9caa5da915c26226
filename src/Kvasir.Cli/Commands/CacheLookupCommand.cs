using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Caches;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir cache lookup</c>: how much of a prompt the cache has.</summary>
internal sealed class CacheLookupCommand : Command, IHelpTopics
{
    private readonly Argument<string?> _prompt = new("PROMPT")
    {
        Description = "The prompt, plain text. Read from standard input when it is left out.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _promptFile = new("--prompt-file", "-f") { Description = "Read the prompt from a file.", HelpName = "FILE" };
    private readonly JsonOption _json = new("{tokens, found, store}");
    private readonly EngineOptionSet _engine = new(withCache: true);
    private readonly TextReader _input;

    public CacheLookupCommand(TextReader input)
        : base("lookup", "Says how many tokens of a prompt the cache has.")
    {
        _input = input;
        Add(_prompt);
        Add(_promptFile);
        Add(_json);
        _engine.AddTo(this);
        SetAction(RunAsync);
    }

    public string? Details => "Looks into the scope that has no salt, beside a running server. Only whole chunks, from the prompt's beginning, are found.";

    public IReadOnlyList<string> Examples => ["kvasir cache lookup -f manual.txt --cache ~/kv", "kvasir cache lookup < prompt.txt --json"];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var text = await PromptText.ReadAsync(parsed.GetValue(_prompt), parsed.GetValue(_promptFile), _input, cancellation).ConfigureAwait(false);
        var options = _engine.Read(parsed);
        using var model = ModelCache.Open(_engine.ModelPath(parsed), options);
        var folder = new CacheFolder(options.Tiers!.Disk!.Folder);
        var store = folder.StoreFor(model.Identity);
        var tokens = model.Encode(text);
        var found = 0;
        if (StoreFile.Read(store.Folder) is not null)
        {
            using var tier = folder.OpenToRead(store);
            found = model.Lookup(tier, tokens, options.Tiers.Moves.ChunkTokens);
        }

        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, new JsonObject { ["tokens"] = tokens.Length, ["found"] = found, ["store"] = store.Name });
        else
            output.WriteLine($"{Screen.Count(found)} of {Screen.Count(tokens.Length)} tokens are in {store.Folder}");
        return ExitCode.Success;
    }
}
