using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Reading;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Reading;

namespace Kvasir.Benchmarks.Compression;

/// <summary>Reads the same answers with the whole cache and with compressed ones, and compares what each would have said.</summary>
/// <param name="session">The engine.</param>
/// <param name="prompts">The prompts.</param>
/// <param name="progress">Hears what is done.</param>
internal sealed class QualityRun(SessionEngine session, IReadOnlyList<CompressionPrompt> prompts, IProgress<string>? progress)
{
    private readonly List<IReadOnlyList<float[]>?> _exact = [.. prompts.Select(_ => (IReadOnlyList<float[]>?)null)];

    /// <summary>Whether the whole cache gives each prompt's answer, token by token; false for prompts that were not run.</summary>
    public IReadOnlyList<bool> ExactAnswers => [.. prompts.Zip(_exact, (prompt, exact) => exact is not null && TeacherForcedKl.Follow(exact, prompt.Answer))];

    /// <summary>Results by method, a value a prompt.</summary>
    public sealed record Outcome(string Policy, int Budget, double[] Kl, double[] Agreement, double Bytes, double MassKept, double Rows)
    {
        public CompressionCurve Curve(string suite) => new(suite, Policy, Budget, Rows, Bytes, Kl.Average(), Agreement.Average(), MassKept);
    }

    /// <summary>A way to keep or read fewer rows.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Rows">Rows of so many.</param>
    /// <param name="Choose">The choice for so many rows, up to a point of the prompt.</param>
    public sealed record Method(string Name, Func<int, int> Rows, Func<int, int, KvChoice> Choose)
    {
        public static Method Keeping(ICompressionPolicy policy, Func<int, int> rows) =>
            new(policy.Name, rows, (kept, point) => new KvChoice(new KvCompression { Policy = policy, Rows = kept, Point = point }, null));

        public static Method Reading(IReadingPolicy policy, Func<int, int> rows) =>
            new(policy.Name, rows, (read, point) => new KvChoice(null, new SparseReading { Policy = policy, Rows = read, Point = point }));
    }

    /// <summary>Runs policies over all prompts.</summary>
    /// <param name="methods">Policy and rows to keep.</param>
    /// <param name="seesQuestion">True when a policy sees the question; false when it compresses the context alone.</param>
    /// <param name="cancellation">Ends it.</param>
    public Task<IReadOnlyList<Outcome>> RunAsync(IReadOnlyList<(ICompressionPolicy Policy, Func<int, int> Rows)> methods, bool seesQuestion, CancellationToken cancellation) =>
        RunAsync([.. methods.Select(method => Method.Keeping(method.Policy, method.Rows))], seesQuestion, cancellation);

    /// <summary>Runs methods over all prompts, prompt by prompt, so that a prompt is computed once.</summary>
    /// <param name="methods">The methods.</param>
    /// <param name="seesQuestion">True when a policy sees the question; false when it sees the context alone.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<IReadOnlyList<Outcome>> RunAsync(IReadOnlyList<Method> methods, bool seesQuestion, CancellationToken cancellation)
    {
        var kl = methods.Select(_ => new double[prompts.Count]).ToArray();
        var agreement = methods.Select(_ => new double[prompts.Count]).ToArray();
        var statistics = methods.Select(_ => new List<GenerationStatistics>()).ToArray();
        for (var i = 0; i < prompts.Count; i++)
        {
            await session.Engine.ClearCacheAsync().ConfigureAwait(false);
            var prompt = prompts[i];
            var exact = _exact[i] ??= await ReadAsync(prompt, default, [], cancellation).ConfigureAwait(false);
            if (methods.Count > 0)
                await ReadAsync(prompt with { Answer = prompt.Answer[..1] }, default, [], cancellation).ConfigureAwait(false); // its rows are there again
            for (var m = 0; m < methods.Count; m++)
            {
                var point = seesQuestion ? prompt.Tokens.Length : prompt.Context;
                var choice = methods[m].Choose(methods[m].Rows(point), point);
                var compared = TeacherForcedKl.Compare(exact, await ReadAsync(prompt, choice, statistics[m], cancellation).ConfigureAwait(false));
                (kl[m][i], agreement[m][i]) = (compared.Mean, compared.Agreement);
            }

            progress?.Report($"prompt {i + 1} of {prompts.Count}: {methods.Count} methods");
        }

        return
        [
            .. methods.Select((method, m) => new Outcome(
                method.Name,
                method.Rows(prompts[0].Tokens.Length),
                kl[m],
                agreement[m],
                statistics[m].Average(Bytes),
                statistics[m].Average(whole => whole.Compression?.MassKept ?? double.NaN),
                statistics[m].Average(whole => (double)(whole.Compression?.Rows ?? whole.PromptTokens)))),
        ];
    }

    /// <summary>Bytes over those of the whole cache.</summary>
    private double Bytes(GenerationStatistics statistics) => statistics.Compression is { } kept
        ? (double)kept.Bytes / kept.FullBytes
        : 1 + (statistics.Reading!.BookBytes / (session.Shapes.BytesPerToken * (statistics.PromptTokens + statistics.AnswerTokens)));

    private async Task<IReadOnlyList<float[]>> ReadAsync(CompressionPrompt prompt, KvChoice choice, List<GenerationStatistics> statistics, CancellationToken cancellation)
    {
        var request = choice.ApplyTo(new GenerationRequest
        {
            Prompt = prompt.Tokens,
            MaxTokens = prompt.Answer.Length,
            Continuation = prompt.Answer,
            IgnoreStopTokens = true,
            StorePrefix = choice == default,
        });
        return await session.ReadAsync(request, answer => statistics.Add(answer.Statistics), cancellation).ConfigureAwait(false);
    }
}
