using System.Diagnostics;
using Kvasir.Benchmarks.Families;
using Kvasir.Engine.Requests;
using Kvasir.Models;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Fuzzing;

/// <summary>
/// Looks for a way of reusing that changes a bit: random schedules on random set-ups, every logits row and every written key and value
/// compared with a cold, lone run (numerics contract, rule 8).
/// </summary>
public static class Fuzzer
{
    private static readonly KvDataType[] KvTypes = [KvDataType.F16, KvDataType.BF16, KvDataType.F32, KvDataType.Q8_0, KvDataType.Q4_0];

    /// <summary>Fuzzes until the time or the number of schedules is reached, or the run is cancelled (which is no error).</summary>
    /// <param name="options">How to fuzz.</param>
    /// <param name="progress">Hears of every schedule.</param>
    /// <param name="cancellation">Ends the run early.</param>
    public static FuzzReport Run(FuzzOptions options, IProgress<FuzzReport>? progress = null, CancellationToken cancellation = default)
    {
        var folder = Directory.CreateTempSubdirectory("kvasir-fuzz-");
        try
        {
            string[] models = [.. RandomModels.Write(folder.FullName, options.Seed), .. RandomFamilies.Write(folder.FullName, options.Seed), .. options.Models];
            var adapters = models.Select((model, i) => RandomAdapters.Write(folder.FullName, model, i, options.Seed)).ToArray();
            var tally = new FuzzTally();
            var clock = Stopwatch.StartNew();
            double? found = null;
            while (tally.Schedules < options.MaxSchedules && clock.Elapsed < options.Duration && !cancellation.IsCancellationRequested)
            {
                RunSchedule(options, models, adapters, tally);
                tally.Schedules++;
                if (tally.Mismatches > 0)
                    found ??= clock.Elapsed.TotalSeconds;
                progress?.Report(Report(options, tally, clock.Elapsed, found));
                if (options.StopAtMismatch && tally.Mismatches + tally.LeakedBlocks > 0)
                    break;
            }

            return Report(options, tally, clock.Elapsed, found);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void RunSchedule(FuzzOptions options, string[] models, string[][] adapters, FuzzTally tally)
    {
        var seed = unchecked((options.Seed * 1_000_003) + (int)tally.Schedules);
        var random = new Random(seed);
        var model = (int)(tally.Schedules % models.Length);
        var path = models[model];
        var maxTokens = random.Next(12) == 0 ? random.Next(500, 900) : random.Next(24, 200);
        var kvType = KvTypes[random.Next(KvTypes.Length)];
        var recurrent = false;
        using (var probe = ModelFile.Open(path))
        {
            maxTokens = Math.Min(maxTokens, probe.Config.MaxContext);
            if ((kvType is KvDataType.Q8_0 or KvDataType.Q4_0) && probe.Config.CacheHeadDim % KvLayout.ScaleGroup != 0)
                kvType = KvDataType.F16;
            recurrent = probe.Config.Recurrent is not null;
        }

        var setup = ScheduleSetup.Draw(random, kvType, maxTokens, options.Sabotage);
        if (options.Combines)
            setup = setup.Combining(random, maxTokens);
        if (recurrent)
            setup = setup with { Options = setup.Options with { Tiers = null } };
        tally.InstructionSets.Add(setup.Options.InstructionSet!.Value.ToString());
        var name = $"schedule {tally.Schedules} (seed {seed}, {Path.GetFileName(path)}, KV {kvType}, {setup.Options.KvMemory} blocks of {setup.Options.BlockRows})";
        var adapterPaths = adapters[model][..Math.Min(adapters[model].Length, random.Next(RandomAdapters.Count + 1))];
        using var schedule = new FuzzSchedule(name, path, adapterPaths, setup, maxTokens, random, tally)
        {
            IgnoresAdapterInScope = options.Sabotage == Sabotage.AdapterScope,
        };
        try
        {
            schedule.Run();
        }
        catch (Exception exception) when (exception is EngineFailedException or InvalidOperationException or ArgumentException)
        {
            tally.Mismatch($"{name}: {exception.Message}");
            return;
        }

        using var cold = new ColdComparison(path, kvType, setup.Options.BlockRows, maxTokens);
        foreach (var record in schedule.Records)
        {
            try
            {
                cold.Compare(record, name, tally);
            }
            catch (Exception exception) when (exception is EngineFailedException or InvalidOperationException or ArgumentException)
            {
                tally.Mismatch($"{name}: alone: {exception.Message}");
            }
        }
    }

    private static FuzzReport Report(FuzzOptions options, FuzzTally tally, TimeSpan elapsed, double? found) => new()
    {
        Seed = options.Seed,
        Schedules = tally.Schedules,
        Steps = tally.Steps,
        RowsCompared = tally.RowsCompared,
        Mismatches = tally.Mismatches,
        LeakedBlocks = tally.LeakedBlocks,
        ReusedRows = tally.ReusedRows,
        Preemptions = tally.Preemptions,
        LoadedRows = tally.LoadedRows,
        BlendedRows = tally.BlendedRows,
        CompressedRows = tally.CompressedRows,
        Cancellations = tally.Cancellations,
        Forks = tally.Forks,
        AdapterRequests = tally.AdapterRequests,
        Pairs = new SortedDictionary<string, long>(tally.Pairs, StringComparer.Ordinal),
        InstructionSets = [.. tally.InstructionSets],
        FirstMismatch = tally.FirstMismatch,
        SecondsToFirstMismatch = found,
        Seconds = elapsed.TotalSeconds,
    };
}
