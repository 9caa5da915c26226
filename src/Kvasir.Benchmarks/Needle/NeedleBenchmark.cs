using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Needle;

/// <summary>A pass key in texts of several lengths at several depths. The text is encoded before anything is asked.</summary>
public static class NeedleBenchmark
{
    private const int AnswerTokens = 16;

    /// <summary>Runs it. When cancelled it returns what it has so far.</summary>
    /// <exception cref="ArgumentException">A policy is unknown, or a number is out of its range.</exception>
    public static async Task<NeedleReport> RunAsync(NeedleOptions options, IProgress<string>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var depth in options.Depths.Where(depth => depth is not (>= 0 and <= 1)))
            throw new ArgumentException(FormattableString.Invariant($"depth {depth} is not a share; allowed: 0 to 1"), nameof(options));
        IReadOnlyList<KvMethod> methods;
        using (var file = ModelFile.Open(options.Model))
            methods = KvMethods.Of(options.Policies, options.Budgets, file.Config);
        var cells = new List<NeedleCell>();
        try
        {
            foreach (var group in methods.GroupBy(method => method.Kind.Type))
            {
                using var session = await SessionEngine.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvType = group.Key }).ConfigureAwait(false);
                foreach (var (method, length, depth) in from method in @group from length in options.Lengths from depth in options.Depths select (method, length, depth))
                {
                    var found = 0;
                    for (var sample = 0; sample < options.Samples; sample++)
                        found += await FindsAsync(session, method, options.Seed + (sample * 7919), length, depth, cancellation).ConfigureAwait(false) ? 1 : 0;
                    cells.Add(new NeedleCell(method.Kind.Name, method.Budget, length, depth, (double)found / options.Samples, options.Samples));
                    progress?.Report(FormattableString.Invariant($"{method.Kind.Name} {method.Budget:0.###}, {length} tokens, depth {depth:0.##}: {found} of {options.Samples}"));
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return new NeedleReport(cells, Interrupted: true);
        }

        return new NeedleReport(cells, Interrupted: false);
    }

    private static async Task<bool> FindsAsync(SessionEngine session, KvMethod method, int seed, int length, double depth, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var frame = session.Frame;
        var runner = method.Kind.Open(session, method.Budget);
        var text = NeedleText.Create(seed, length - frame.Head.Length, depth, text => frame.Encode(text).Length);
        await session.Engine.ClearCacheAsync().ConfigureAwait(false);
        var handle = await runner.EncodeAsync([.. frame.Head, .. frame.Encode(text.Context)], cancellation).ConfigureAwait(false);
        var answer = await runner.AskAsync(handle, [.. frame.Encode(NeedleText.Question), .. frame.Tail], AnswerTokens, cancellation).ConfigureAwait(false);
        await runner.ReleaseAsync(handle).ConfigureAwait(false);
        return answer.Text.Contains(text.Key, StringComparison.Ordinal);
    }
}
