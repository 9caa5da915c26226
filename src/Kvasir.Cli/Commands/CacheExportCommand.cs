using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.KvCache.Tiers.Archives;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir cache export</c>: objects to one signed file.</summary>
internal sealed class CacheExportCommand : Command, IHelpTopics
{
    private readonly CacheOptionSet _cache = new();
    private readonly Argument<string> _file = new("FILE") { Description = "The archive to write." };
    private readonly Argument<string[]> _keys = new("KEY")
    {
        Description = "Objects to export, with the chunks before them. Default: all objects of the store.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _tenant = new("--tenant") { Description = "Only this tenant's objects.", HelpName = "LABEL" };
    private readonly Option<string?> _adapter = new("--adapter") { Description = "What the engine calls the adapter of these objects; written down for the reader.", HelpName = "TEXT" };
    private readonly PassphraseOption _passphrase = new("to seal the archive with. Default: it is signed, but can be read");
    private readonly JsonOption _json = new("{file, store, objects, tokens, bytes, sealed, signer}");

    public CacheExportCommand()
        : base("export", "Writes objects to one signed file: prefill once, ship the cache.")
    {
        Add(_file);
        Add(_keys);
        _cache.AddTo(this);
        Add(_tenant);
        Add(_adapter);
        Add(_passphrase);
        Add(_json);
        SetAction(Run);
    }

    public string? Details => """
        KV tells the text that it was computed from: an archive without a passphrase is as secret as that text.
        Whoever imports it must have the same model and profile, and must trust this machine's key ('kvasir cache trust show').
        """;

    public IReadOnlyList<string> Examples => ["kvasir cache export manual.kvar", "kvasir cache export manual.kvar 3fa29c01 --passphrase-file secret.txt"];

    private int Run(ParseResult parsed)
    {
        var folder = _cache.Folder(parsed);
        var digits = parsed.GetValue(_keys) ?? [];
        var objects = digits.Select(key => folder.Object(key, _cache.Store(parsed))).ToArray();
        var store = objects.Length > 0 ? objects[0].Store : folder.Single(_cache.Store(parsed));
        if (objects.FirstOrDefault(item => item.Store != store).Store is { } other)
            throw new InvalidOperationException($"the objects are of the stores {store.Name} and {other.Name}; an archive holds one store's objects");
        var tenant = parsed.GetValue(_tenant);
        using var tier = folder.OpenToRead(store);
        var entries = tier.List().ToDictionary(entry => entry.Key);
        var keys = (objects.Length > 0 ? objects.SelectMany(item => tier.WithAncestors(item.Entry.Key)) : entries.Keys)
            .Distinct()
            .Where(key => tenant is null || entries[key].Tenant == tenant)
            .OrderBy(key => entries[key].FirstToken)
            .ToArray();
        if (keys.Length == 0)
            throw new InvalidOperationException($"the store {store.Name} has no such objects");
        var file = parsed.GetValue(_file)!;
        using var signer = SigningKey.Open(folder.KeyFolder);
        var passphrase = _passphrase.Read(parsed);
        using var writer = new ArchiveWriter(file, store.Identity, parsed.GetValue(_adapter), signer, passphrase);
        foreach (var key in keys)
            writer.Add(tier, key);
        var manifest = writer.Complete();
        var (tokens, bytes) = (manifest.Objects.Sum(item => (long)item.Tokens), new FileInfo(file).Length);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["file"] = file,
                ["store"] = store.Name,
                ["objects"] = manifest.Objects.Count,
                ["tokens"] = tokens,
                ["bytes"] = bytes,
                ["sealed"] = passphrase is not null,
                ["signer"] = signer.Fingerprint,
            });
        }
        else
        {
            output.WriteLine($"wrote {manifest.Objects.Count} objects, {Screen.Count(tokens)} tokens, {Screen.Size(bytes)} to {file}");
            output.WriteLine($"signed by {signer.Fingerprint}; where it is imported: kvasir cache trust add {signer.Fingerprint}");
        }

        return ExitCode.Success;
    }
}
