using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Perplexities;

/// <summary>
/// A text is cut into pieces; the first part of each is encoded as a context, and the rest is read token by token behind it. All ways of
/// keeping keys and values read the same tokens, so that their distributions can be compared one by one.
/// </summary>
public static class PerplexityBenchmark
{
    /// <summary>Runs it. When cancelled it returns the ways that have read everything.</summary>
    /// <exception cref="ArgumentException">A policy is unknown, or the text is shorter than a piece.</exception>
    public static async Task<PerplexityReport> RunAsync(PerplexityOptions options, IProgress<string>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ContextTokens, 2, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.JudgedTokens, 1, nameof(options));
        IReadOnlyList<KvMethod> methods;
        using (var file = ModelFile.Open(options.Model))
            methods = KvMethods.Of([KvMethods.Full, .. options.Policies], options.Budgets, file.Config);
        var rows = new List<PerplexityRow>();
        var baseline = new List<double>();
        var exact = new List<IReadOnlyList<float[]>>();
        var pieces = 0;
        try
        {
            foreach (var group in methods.GroupBy(method => method.Kind.Type))
            {
                using var session = await SessionEngine.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvType = group.Key }).ConfigureAwait(false);
                var cut = Cut(session, options);
                pieces = cut.Length;
                foreach (var method in group)
                {
                    rows.Add(await ReadAsync(session, method, cut, options.ContextTokens, exact, baseline, cancellation).ConfigureAwait(false));
                    progress?.Report(FormattableString.Invariant($"{method.Kind.Name} {method.Budget:0.###}: perplexity {rows[^1].Perplexity:0.000}, KL {rows[^1].Kl:0.000000}"));
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return new PerplexityReport(rows, pieces, Interrupted: true);
        }

        return new PerplexityReport(rows, pieces, Interrupted: false);
    }

    /// <param name="session">The engine.</param>
    /// <param name="method">The way.</param>
    /// <param name="pieces">Tokens of the pieces.</param>
    /// <param name="context">How many of each are the context.</param>
    /// <param name="exact">Logits of the whole cache, a piece each; filled by the first way.</param>
    /// <param name="baseline">Negative log-likelihoods of the whole cache's tokens; filled by the first way.</param>
    /// <param name="cancellation">Ends it.</param>
    private static async Task<PerplexityRow> ReadAsync(
        SessionEngine session, KvMethod method, int[][] pieces, int context, List<IReadOnlyList<float[]>> exact, List<double> baseline, CancellationToken cancellation)
    {
        var runner = method.Kind.Open(session, method.Budget);
        var isFirst = baseline.Count == 0;
        var (bytes, surprise, kl, same) = (0.0, new List<double>(), new List<double>(), new List<bool>());
        for (var i = 0; i < pieces.Length; i++)
        {
            // The last token of the context is read behind the frozen part: it is what the first judged one is predicted from.
            var handle = await runner.EncodeAsync(pieces[i][..(context - 1)], cancellation).ConfigureAwait(false);
            var judged = pieces[i][context..];
            var logits = await runner.ReadAsync(handle, [pieces[i][context - 1]], judged, cancellation).ConfigureAwait(false);
            await runner.ReleaseAsync(handle).ConfigureAwait(false);
            if (isFirst)
                exact.Add(logits);
            bytes += (double)handle.ResidentBytes / pieces.Length;
            surprise.AddRange(TeacherForcedKl.Surprise(logits, judged));
            var compared = TeacherForcedKl.Compare(exact[i], logits);
            kl.AddRange(compared.Kl);
            same.AddRange(compared.SameTop);
        }

        if (isFirst)
            baseline.AddRange(surprise);
        var perplexity = Math.Exp(surprise.Average());
        var change = Interval.Of([.. surprise.Zip(baseline, (one, whole) => one - whole)]);
        var whole = new TeacherForcedKl(kl, same);
        return new PerplexityRow(
            method.Kind.Name, method.Budget, bytes, surprise.Count, perplexity, Math.Exp(change.Mean) - 1, Math.Exp(change.Low) - 1, Math.Exp(change.High) - 1, whole.Mean, whole.Agreement);
    }

    private static int[][] Cut(SessionEngine session, PerplexityOptions options)
    {
        var begin = session.Engine.Tokenizer?.BosId is { } bos ? [bos] : Array.Empty<int>();
        var length = options.ContextTokens + options.JudgedTokens;
        if (length > session.Engine.MaxContext)
            throw new ArgumentException($"a piece of {length} tokens exceeds the model's {session.Engine.MaxContext}; take fewer", nameof(options));
        var pieces = session.Frame.Encode(options.Text).Chunk(length - begin.Length).Where(piece => piece.Length == length - begin.Length)
            .Take(options.Pieces).Select(piece => (int[])[.. begin, .. piece]).ToArray();
        return pieces.Length > 0 ? pieces : throw new ArgumentException($"the text is shorter than a piece of {length} tokens; give a longer one, or shorter pieces", nameof(options));
    }
}
