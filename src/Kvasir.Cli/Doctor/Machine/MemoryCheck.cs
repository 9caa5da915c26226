using Kvasir.Cli.Output;
using Kvasir.Engine;
using Kvasir.Models;
using Kvasir.Numerics.Attention;

namespace Kvasir.Cli.Doctor.Machine;

/// <summary>Whether weights, keys and values fit in what memory there is.</summary>
internal sealed class MemoryCheck() : DoctorCheck("machine", "memory")
{
    /// <summary>What the program takes beside models, bytes.</summary>
    private const long ProgramBytes = 128L << 20;

    protected override IEnumerable<Finding> Look(DoctorContext context)
    {
        var machine = context.Machine;
        var total = machine.Files.ReadField("/proc/meminfo", "MemTotal") * 1024 ?? machine.MemoryBytes;
        var available = machine.Files.ReadField("/proc/meminfo", "MemAvailable") * 1024 ?? total;
        var limit = new ControlGroup(machine.Files).MemoryBytes;
        var usable = Math.Min(total, limit ?? total);
        var found = $"{Screen.Size(total)}, {Screen.Size(available)} available{(limit is { } bytes ? $", a limit of {Screen.Size(bytes)}" : "")}";

        var models = context.Models.Where(model => model.File is not null).Select(model => model.File!).ToArray();
        if (models.Length == 0)
        {
            yield return Note(found, "without a model it is not known how much is needed");
            yield break;
        }

        var weights = models.Sum(ModelMatrices.Bytes);
        var kv = models.Sum(model => KvBytes(model.Config, context.Targets.Engine, machine.MemoryBytes));
        var needed = weights + kv + ProgramBytes;
        found += $"; needed: {Screen.Size(needed)} (weights {Screen.Size(weights)}, keys and values {Screen.Size(kv)})";
        const string Advice = "lower --kv-budget or --max-context, take a smaller type with kvasir model convert, or give more memory";
        if (needed > usable)
            yield return Problem(found, Advice);
        else if (needed > Math.Min(usable, available))
            yield return Warning($"{found}; other programs hold the rest", "end other programs, or " + Advice);
        else
            yield return Ok(found);
    }

    /// <summary>The budget asked for, or the engine's default: four full contexts, at most a quarter of the memory.</summary>
    private static long KvBytes(ModelConfig config, EngineOptions options, long memory)
    {
        var layout = new KvLayout(config.Layers, config.CacheHeads, config.CacheHeadDim, options.KvType, options.BlockRows);
        var context = Math.Min(options.MaxContext ?? config.MaxContext, config.MaxContext);
        return options.KvBudgetBytes
            ?? Math.Min((long)(4 * layout.BytesPerToken * ((long)context + layout.BlockRows)), memory / 4);
    }
}
