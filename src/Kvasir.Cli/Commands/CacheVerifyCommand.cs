using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Caches;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Archives;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir cache verify</c>: computes a cache's objects again.</summary>
internal sealed class CacheVerifyCommand : Command, IHelpTopics
{
    private readonly Option<bool> _keep = new("--keep") { Description = "Report false objects, but leave them where they are." };

    private readonly Option<bool> _promote = new("--promote")
    {
        Description = "Serve a quarantined signer's objects from now on when all of them are true.",
    };

    private readonly JsonOption _json = new("{store, true, false, foreign, orphans, rows, removed, quarantine: [{signer, true, false, …, promoted}]}");
    private readonly EngineOptionSet _engine = new(withCache: true);

    public CacheVerifyCommand()
        : base("verify", "Computes the objects of a model's store again and compares every row bit by bit; false ones are removed.")
    {
        Add(_keep);
        Add(_promote);
        Add(_json);
        _engine.AddTo(this);
        SetAction(RunAsync);
    }

    public string? Details => """
        Costs as much as computing the prompts. Objects of a tenant are compared as those of the bare model; when they differ they are called
        foreign, because they may be an adapter's: only who has the tenant's salt finds them, and every load is sampled anyway.
        Exits 1 when something was false.
        """;

    public IReadOnlyList<string> Examples => ["kvasir cache verify --cache ~/kv", "kvasir cache verify --model model.gguf --promote --json"];

    private Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var options = _engine.Read(parsed);
        using var model = ModelCache.Open(_engine.ModelPath(parsed), options);
        var folder = new CacheFolder(options.Tiers!.Disk!.Folder);
        var store = folder.StoreFor(model.Identity);
        if (StoreFile.Read(store.Folder) is null && Quarantine.Signers(store.Folder).Count == 0)
            throw new DirectoryNotFoundException($"the cache {folder.Path} has no store of this model and these options ({store.Name}); 'kvasir cache stats' shows what it has");
        using var tier = folder.OpenToWrite(store);
        var error = parsed.InvocationConfiguration.Error;
        var result = model.Verify(tier, before: null, Progress(error), cancellation);
        var removed = parsed.GetValue(_keep) ? 0 : result.False.Count(tier.Remove);
        var report = Report(result);
        report.Insert(0, "store", store.Name);
        report["removed"] = removed;
        var quarantines = new JsonArray();
        report["quarantine"] = quarantines;
        var anyFalse = result.False.Count > 0;
        foreach (var signer in Quarantine.Signers(store.Folder))
        {
            using var quarantine = Quarantine.Open(folder.Options(store), new PassivePolicy(), signer);
            var judged = model.Verify(quarantine.Tier, tier, Progress(error), cancellation);
            anyFalse |= judged.False.Count > 0;
            quarantines.Add((JsonNode)Judge(parsed, quarantine, judged, tier));
        }

        Write(parsed, report);
        return Task.FromResult(anyFalse ? ExitCode.Failure : ExitCode.Success);
    }

    private JsonObject Judge(ParseResult parsed, Quarantine quarantine, CacheVerification judged, DiskTier into)
    {
        var promoted = 0;
        if (judged.False.Count > 0 && !parsed.GetValue(_keep))
            quarantine.DropAll(); // one false object, and nothing of the signer is believed
        else if (parsed.GetValue(_promote) && judged.False.Count == 0)
            promoted = judged.True.Count(key => quarantine.Promote(key, into) is StoreResult.Stored or StoreResult.Present);
        var report = Report(judged);
        report.Insert(0, "signer", quarantine.Signer);
        report["promoted"] = promoted;
        return report;
    }

    private static JsonObject Report(CacheVerification result) => new()
    {
        ["true"] = result.True.Count,
        ["false"] = Keys(result.False),
        ["foreign"] = Keys(result.Foreign),
        ["orphans"] = Keys(result.Orphans),
        ["rows"] = result.Rows,
    };

    private static JsonArray Keys(IReadOnlyList<BlockKey> keys) => new([.. keys.Select(key => (JsonNode)key.ToString())]);

    private static Action<int> Progress(TextWriter error) => done =>
    {
        if (done % 64 == 0)
            error.WriteLine($"{Screen.Count(done)} objects compared");
    };

    private void Write(ParseResult parsed, JsonObject report)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, report);
            return;
        }

        output.WriteLine($"{report["store"]}: {Line(report)}; {report["removed"]} removed");
        foreach (var signer in report["quarantine"]!.AsArray())
            output.WriteLine($"quarantine of {signer!["signer"]}: {Line(signer.AsObject())}; {signer["promoted"]} promoted");
    }

    private static string Line(JsonObject report) =>
        $"{report["true"]} objects are true ({report["rows"]} rows), {report["false"]!.AsArray().Count} false, {report["foreign"]!.AsArray().Count} foreign, {report["orphans"]!.AsArray().Count} without their beginning";
}
