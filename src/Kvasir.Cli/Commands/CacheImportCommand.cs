using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Caches;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Archives;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir cache import</c>: objects from an archive.</summary>
internal sealed class CacheImportCommand : Command, IHelpTopics
{
    private readonly CacheOptionSet _cache = new();
    private readonly Argument<string> _file = new("FILE") { Description = "The archive." };
    private readonly PassphraseOption _passphrase = new("that the archive was sealed with");
    private readonly Option<bool> _quarantine = new("--quarantine")
    {
        Description = "Take an unknown signer's objects into quarantine, where nobody is served from, instead of refusing them.",
    };

    private readonly Option<bool> _create = new("--create") { Description = "Make the store when the cache has none for the archive's model." };
    private readonly JsonOption _json = new("{file, store, signer, quarantined, stored, present, noRoom, failed}");

    public CacheImportCommand()
        : base("import", "Takes objects from an archive that another machine exported.")
    {
        Add(_file);
        _cache.AddTo(this);
        Add(_passphrase);
        Add(_quarantine);
        Add(_create);
        Add(_json);
        SetAction(Run);
    }

    public string? Details => """
        The archive must be whole, signed by a trusted key, and of a model, profile and layout that this cache has a store for; the error says
        which of these is not so. Every object's hash is compared before it is stored, and sealed with this cache's own key.
        """;

    public IReadOnlyList<string> Examples => ["kvasir cache import manual.kvar", "kvasir cache import manual.kvar --quarantine", "kvasir cache import manual.kvar --create --cache /var/cache/kvasir"];

    private int Run(ParseResult parsed)
    {
        var folder = _cache.Folder(parsed);
        var file = parsed.GetValue(_file)!;
        using var archive = ArchiveReader.Open(file);
        var store = StoreOf(folder, archive, parsed);
        var quarantined = false;
        try
        {
            archive.CheckSigner(TrustList.Open(folder.KeyFolder));
        }
        catch (ArchiveException exception) when (exception.Fault == ArchiveFault.UnknownSigner && parsed.GetValue(_quarantine))
        {
            quarantined = true;
        }

        archive.Unlock(_passphrase.Read(parsed));
        using var quarantine = quarantined ? Quarantine.Open(folder.Options(store), new PassivePolicy(), archive.Manifest.Signer) : null;
        using var tier = quarantined ? null : folder.OpenToWrite(store);
        var counts = new int[Enum.GetValues<StoreResult>().Length];
        foreach (var item in archive.Manifest.Objects)
            counts[(int)archive.CopyTo(item, quarantine?.Tier ?? tier!)]++;
        Report(parsed, file, store.Name, archive.Manifest.Signer, quarantined, counts);
        return counts[(int)StoreResult.NoRoom] + counts[(int)StoreResult.Failed] == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private CacheStore StoreOf(CacheFolder folder, ArchiveReader archive, ParseResult parsed)
    {
        var name = _cache.Store(parsed);
        var create = parsed.GetValue(_create);
        var stores = create && !Directory.Exists(folder.Path) ? [] : folder.Stores(name);
        ArchiveException? misfit = null;
        foreach (var store in stores)
        {
            try
            {
                archive.CheckFits(store.Identity);
                return store;
            }
            catch (ArchiveException exception)
            {
                misfit = exception;
            }
        }

        if (create && name is null)
            return folder.StoreFor(archive.Manifest.Identity);
        const string advice = "--create makes a store for its model";
        if (misfit is null)
            throw new InvalidOperationException($"the cache {folder.Path} has no store yet; run the model with the cache once, or: {advice}");
        throw new ArchiveException(misfit.Fault, stores.Count == 1 ? $"{misfit.Message} ({advice})" : $"none of the {stores.Count} stores fits, the last because {misfit.Message} ({advice})");
    }

    private void Report(ParseResult parsed, string file, string store, string signer, bool quarantined, int[] counts)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["file"] = file,
                ["store"] = store,
                ["signer"] = signer,
                ["quarantined"] = quarantined,
                ["stored"] = counts[(int)StoreResult.Stored],
                ["present"] = counts[(int)StoreResult.Present],
                ["noRoom"] = counts[(int)StoreResult.NoRoom],
                ["failed"] = counts[(int)StoreResult.Failed],
            });
            return;
        }

        output.WriteLine($"{store}: {counts[(int)StoreResult.Stored]} objects stored, {counts[(int)StoreResult.Present]} were there{(quarantined ? "; in quarantine" : "")}");
        var (full, failed) = (counts[(int)StoreResult.NoRoom], counts[(int)StoreResult.Failed]);
        if (full + failed > 0)
            output.WriteLine($"{full} found no room and {failed} could not be written: make room with 'kvasir cache clear', then import again");
    }
}
