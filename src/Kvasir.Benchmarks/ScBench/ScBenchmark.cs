using System.Text.Json.Nodes;
using Kvasir.Benchmarks.ScBench.Driving;
using Kvasir.Benchmarks.ScBench.State;
using Kvasir.Benchmarks.ScBench.Tasks;
using Kvasir.Benchmarks.ScBench.Workloads;
using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.Models;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.ScBench;

/// <summary>
/// SCBench (Li et al. 2024, arXiv 2412.10319) on the product's own engine: what is left of answers when a context is asked a second time,
/// for every way of keeping keys and values, at equal bytes.
/// </summary>
public static class ScBenchmark
{
    /// <summary>Least tokens of a context.</summary>
    public const int LeastLength = 1000;

    /// <summary>Changes when the tasks do, so that sessions of different making are not mixed.</summary>
    private const int Version = 1;

    /// <summary>Runs it. When cancelled it returns what it has so far.</summary>
    /// <exception cref="ArgumentException">A name is unknown, or a length does not fit the model.</exception>
    /// <exception cref="InvalidDataException">The state file was made with other settings.</exception>
    public static async Task<ScReport> RunAsync(ScBenchOptions options, IProgress<string>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var name in options.UsedTasks.Where(name => !ScTasks.Names.Contains(name)))
            throw new ArgumentException($"task '{name}' is unknown; known: {string.Join(", ", ScTasks.Names)}", nameof(options));
        foreach (var length in options.UsedLengths.Where(length => length < LeastLength))
            throw new ArgumentException($"length {length} is too short; allowed: {LeastLength} tokens or more", nameof(options));
        var tasks = ScTasks.Of(options.Form).Where(task => options.UsedTasks.Contains(task.Name)).ToArray();
        string fingerprint;
        IReadOnlyList<KvMethod> methods;
        using (var file = ModelFile.Open(options.Model))
        {
            fingerprint = file.Fingerprint.ToString();
            methods = KvMethods.Of(options.UsedPolicies, options.UsedBudgets, file.Config);
        }

        using var state = ScStateFile.Open(options.State, new JsonObject
        {
            ["scbench"] = Version,
            ["model"] = fingerprint,
            ["seed"] = options.Seed,
            ["form"] = options.Form.ToString(),
        });
        var meter = new CostMeter();
        var interrupted = false;
        try
        {
            foreach (var group in methods.GroupBy(method => method.Kind.Type))
                await RunAsync(options, tasks, group.Key, [.. group], state, meter, progress, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            interrupted = true;
        }

        return ScReporter.Report(Wanted(options, tasks, methods, state), tasks, meter, interrupted);
    }

    private static async Task RunAsync(
        ScBenchOptions options, IScTask[] tasks, KvDataType type, KvMethod[] methods, ScStateFile state, CostMeter meter, IProgress<string>? progress, CancellationToken cancellation)
    {
        using var session = await SessionEngine.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvType = type }).ConfigureAwait(false);
        foreach (var length in options.UsedLengths)
        {
            foreach (var task in tasks)
            {
                for (var number = 0; number < options.UsedSessions; number++)
                {
                    var left = options.UsedModes.SelectMany(mode => methods.Select(method => (method, mode)))
                        .Where(pair => !state.Has(Key(task, length, number, pair.mode, pair.method))).ToArray();
                    if (left.Length == 0)
                        continue;
                    var made = Fit(session, task, options.Seed, length, number);
                    foreach (var (method, mode) in left)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        var driver = new ScSessionDriver(session.Frame, method.Kind.Open(session, method.Budget));
                        await session.Engine.ClearCacheAsync().ConfigureAwait(false);
                        var (turns, bytes, costs) = await driver.RunAsync(made, mode, cancellation).ConfigureAwait(false);
                        state.Add(new ScUnit(Key(task, length, number, mode, method), turns, bytes, costs));
                        progress?.Report(FormattableString.Invariant($"{task.Name} {length} {number + 1}/{options.UsedSessions} {ScModes.Name(mode)} {method.Kind.Name} {method.Budget:0.###}: {string.Join(' ', turns.Select(turn => turn.Score.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture)))}"));
                    }
                }
            }
        }

        meter.Add(session.Expected, await session.StatusAsync().ConfigureAwait(false), session.Shapes);
    }

    private static ScSession Fit(SessionEngine session, IScTask task, int seed, int length, int number)
    {
        var frame = session.Frame;
        var made = ScFitter.Fit(task, HashCode(seed, number), length - frame.Head.Length, text => frame.Encode(text).Length);
        var most = ScSessionDriver.MostTokens(frame, made);
        return most <= session.Engine.MaxContext
            ? made
            : throw new ArgumentException($"{task.Name}: a context of {length} tokens and its turns take up to {most}, and the model has {session.Engine.MaxContext}; shorten --length");
    }

    /// <summary>A seed of its own for every session of every seed.</summary>
    private static int HashCode(int seed, int number) => (int)(((uint)seed * 2_654_435_761u) ^ ((uint)number * 40_503u + 1));

    private static ScKey Key(IScTask task, int length, int number, ScMode mode, KvMethod method) =>
        new(task.Name, length, number, mode, method.Kind.Name, method.Budget);

    /// <summary>The units that were asked for; a state file may hold others.</summary>
    private static ScUnit[] Wanted(ScBenchOptions options, IScTask[] tasks, IReadOnlyList<KvMethod> methods, ScStateFile state) =>
        [.. state.Units.Where(unit =>
            tasks.Any(task => task.Name == unit.Key.Task)
            && options.UsedLengths.Contains(unit.Key.Length)
            && unit.Key.Session < options.UsedSessions
            && options.UsedModes.Contains(unit.Key.Mode)
            && methods.Any(method => method.Kind.Name == unit.Key.Policy && method.Budget.Equals(unit.Key.Budget)))];
}
