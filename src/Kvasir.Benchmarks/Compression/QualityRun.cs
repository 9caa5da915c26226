using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Compression;

namespace Kvasir.Benchmarks.Compression;

/// <summary>Reads the same answers with the whole cache and with compressed ones, and compares what each would have said.</summary>
/// <param name="session">The engine.</param>
/// <param name="prompts">The prompts.</param>
/// <param name="progress">Hears what is done.</param>
internal sealed class QualityRun(SessionEngine session, IReadOnlyList<CompressionPrompt> prompts, IProgress<string>? progress)
{
    private readonly List<IReadOnlyList<float[]>?> _exact = [.. prompts.Select(_ => (IReadOnlyList<float[]>?)null)];

    /// <summary>Results by method, a value a prompt.</summary>
    public sealed record Outcome(string Policy, int Budget, double[] Kl, double[] Agreement, double Bytes, double MassKept, double Rows)
    {
        public CompressionCurve Curve(string suite) => new(suite, Policy, Budget, Rows, Bytes, Kl.Average(), Agreement.Average(), MassKept);
    }

    /// <summary>Runs methods over all prompts, prompt by prompt, so that a prompt is computed once.</summary>
    /// <param name="methods">Policy and rows to keep.</param>
    /// <param name="seesQuestion">True when a policy sees the question; false when it compresses the context alone.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<IReadOnlyList<Outcome>> RunAsync(IReadOnlyList<(ICompressionPolicy Policy, Func<int, int> Rows)> methods, bool seesQuestion, CancellationToken cancellation)
    {
        var kl = methods.Select(_ => new double[prompts.Count]).ToArray();
        var agreement = methods.Select(_ => new double[prompts.Count]).ToArray();
        var statistics = methods.Select(_ => new List<CompressionStatistics>()).ToArray();
        for (var i = 0; i < prompts.Count; i++)
        {
            await session.Engine.ClearCacheAsync().ConfigureAwait(false);
            var prompt = prompts[i];
            var exact = _exact[i] ??= await ReadAsync(prompt, null, null, cancellation).ConfigureAwait(false);
            if (methods.Count > 0)
                await ReadAsync(prompt with { Answer = prompt.Answer[..1] }, null, null, cancellation).ConfigureAwait(false); // its rows are there again
            for (var m = 0; m < methods.Count; m++)
            {
                var point = seesQuestion ? prompt.Tokens.Length : prompt.Context;
                var compression = new KvCompression { Policy = methods[m].Policy, Rows = methods[m].Rows(point), Point = point };
                var compared = TeacherForcedKl.Compare(exact, await ReadAsync(prompt, compression, statistics[m], cancellation).ConfigureAwait(false));
                (kl[m][i], agreement[m][i]) = (compared.Mean, compared.Agreement);
            }

            progress?.Report($"prompt {i + 1} of {prompts.Count}: {methods.Count} methods");
        }

        return
        [
            .. methods.Select((method, m) => new Outcome(
                method.Policy.Name,
                method.Rows(prompts[0].Tokens.Length),
                kl[m],
                agreement[m],
                statistics[m].Average(kept => (double)kept.Bytes / kept.FullBytes),
                statistics[m].Average(kept => kept.MassKept ?? double.NaN),
                statistics[m].Average(kept => (double)kept.Rows))),
        ];
    }

    private async Task<IReadOnlyList<float[]>> ReadAsync(CompressionPrompt prompt, KvCompression? compression, List<CompressionStatistics>? statistics, CancellationToken cancellation)
    {
        var request = new GenerationRequest
        {
            Prompt = prompt.Tokens,
            MaxTokens = prompt.Answer.Length,
            Continuation = prompt.Answer,
            IgnoreStopTokens = true,
            StorePrefix = compression is null,
            Compression = compression,
        };
        return await session.ReadAsync(request, answer => statistics?.Add(answer.Statistics.Compression!), cancellation).ConfigureAwait(false);
    }
}
