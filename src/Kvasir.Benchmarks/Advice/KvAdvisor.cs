using System.Globalization;
using Kvasir.Benchmarks.Compression;
using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine.Compression;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Compression.Profiles;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Advice;

/// <summary>
/// Finds how small a model's KV cache may be for a workload: policies, budgets and KV types read what the whole cache answers, and the one
/// with the fewest bytes that keeps a floor is advised.
/// </summary>
public static class KvAdvisor
{
    /// <summary>Measures. When cancelled it advises by what it has.</summary>
    /// <exception cref="ArgumentException">A way is unknown, or a prompt has too few tokens or too many.</exception>
    public static async Task<KvAdvice> RunAsync(KvAdviceOptions options, IProgress<string>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Prompts, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.AnswerTokens, 1, nameof(options));
        if (options.Ways.Contains(KvMethods.Fresh))
            throw new ArgumentException($"'{KvMethods.Fresh}' keeps nothing between requests and computes all again; leave it out", nameof(options));
        IReadOnlyList<KvMethod> methods;
        using (var file = ModelFile.Open(options.Model))
            methods = KvMethods.Of(Usable(options, ProfileFiles.Of(file), file.Config, progress), options.Budgets, file.Config);
        var sweep = new KvSweep(options.Model, options.Threads, progress) { AnswerTokens = options.AnswerTokens };
        var interrupted = false;
        try
        {
            await sweep.RunAsync(methods, session => Cases(session, options), cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            interrupted = true;
        }

        return Advise(options.Floor, [.. sweep.Outcomes.Select(outcome => Point(outcome, options.Floor))], options.Sample is { } sample ? Math.Min(sample.Count, options.Prompts) : options.Prompts, interrupted);
    }

    /// <summary>The advice from what was measured: only ways that read all cases that the whole cache did are compared.</summary>
    internal static KvAdvice Advise(QualityFloor floor, IReadOnlyList<KvAdvicePoint> points, int prompts, bool interrupted)
    {
        var whole = points.FirstOrDefault(point => point.Way == KvMethods.Full);
        var recommended = points
            .Where(point => point.KeepsFloor && point.Cases == whole?.Cases)
            .OrderBy(point => point.Bytes).ThenBy(point => point.Kl).ThenBy(point => point.Way, StringComparer.Ordinal)
            .FirstOrDefault();
        IReadOnlyList<KvAdvicePoint> ordered = [.. points.OrderBy(point => point != whole).ThenBy(point => point.Bytes).ThenBy(point => point.Way, StringComparer.Ordinal)];
        return new KvAdvice(floor, ordered, recommended ?? whole, prompts, interrupted);
    }

    /// <summary>Named ways must be possible; of the usual ones those that are not are left out, and said.</summary>
    private static string[] Usable(KvAdviceOptions options, ModelProfiles profiles, ModelConfig config, IProgress<string>? progress)
    {
        if (!ReferenceEquals(options.Ways, KvAdviceOptions.UsualWays))
            return [.. options.Ways];
        var isWide = config.HeadDim % Numerics.Attention.PackedForm.GroupRows == 0;
        string[] usable = [.. options.Ways.Where(way => HasProfile(way) && (isWide || !IsQuantised(way)))];
        foreach (var way in options.Ways.Except(usable))
            progress?.Report($"{way} is left out: {(!HasProfile(way) ? "the model has no head profile (kvasir kv profile-heads)" : $"heads have {config.HeadDim} dimensions, no multiple of {Numerics.Attention.PackedForm.GroupRows}")}");
        return usable;

        bool HasProfile(string way) => !CompressionPolicies.Names.Contains(way.Split('+')[0]) || profiles.Has(CompressionPolicies.ProfileOf(way.Split('+')[0]));
    }

    private static bool IsQuantised(string way) => way.Contains("q8_0", StringComparison.Ordinal) || way.Contains("q4_0", StringComparison.Ordinal) || way.Contains("kivi", StringComparison.Ordinal);

    private static IReadOnlyList<KvCase> Cases(SessionEngine session, KvAdviceOptions options)
    {
        if (options.Sample is null)
        {
            return [.. CompressionPrompt.Make(session, ["kv", "qa-en", "vt"], options.Prompts, options.Length, options.Seed)
                .Select(prompt => new KvCase(prompt.Tokens[..prompt.Context], prompt.Tokens[prompt.Context..], []))];
        }

        var frame = session.Frame;
        var cases = new List<KvCase>();
        foreach (var (sample, number) in options.Sample.Take(options.Prompts).Select((sample, i) => (sample, i + 1)))
        {
            int[] context = [.. frame.Head, .. frame.Encode(sample.Prompt)];

            // Without questions all of the prompt but its frame's end is compressed, question and all.
            var questions = sample.Questions.Count == 0 ? [[.. frame.Tail]] : sample.Questions.Select(question => (int[])[.. frame.Encode("\n" + question), .. frame.Tail]);
            foreach (var question in questions)
            {
                if (context.Length < 2 || question.Length == 0)
                    throw new ArgumentException($"prompt {number} of the sample has too few tokens", nameof(options));
                var length = context.Length + question.Length + options.AnswerTokens;
                if (length > session.Engine.MaxContext)
                    throw new ArgumentException($"prompt {number} of the sample needs {length} tokens with its answer, and the model's context has {session.Engine.MaxContext}; shorten it", nameof(options));
                cases.Add(new KvCase(context, question, []));
            }
        }

        return cases;
    }

    private static KvAdvicePoint Point(KvOutcome outcome, QualityFloor floor)
    {
        var bound = outcome.Method.Kind.Name == KvMethods.Full ? (floor.IsAgreement ? 1 : 0) : floor.BoundOf(outcome.Kl, outcome.Agreement, outcome.Tokens);
        return new KvAdvicePoint(
            outcome.Method.Kind.Name, outcome.Method.Budget, outcome.Share, outcome.Kl.Average(), outcome.Agreement.Average(), bound, outcome.Kl.Length, floor.Holds(bound), OptionsOf(outcome));
    }

    /// <summary>A budget is a share of bytes in 16 bits; the option's is a share of rows of the type that is kept.</summary>
    private static string OptionsOf(KvOutcome outcome)
    {
        var (name, type) = (outcome.Method.Kind.Name, outcome.Method.Kind.Type.ToString().ToLowerInvariant());
        var policy = CompressionPolicies.WhyNot(name) is null ? name : name.Split('+')[0];
        if (CompressionPolicies.WhyNot(policy) is not null)
            return $"--kv-type {type}";
        var budget = outcome.Method.Kind.TakesBudget ? string.Create(CultureInfo.InvariantCulture, $":{(CompressionPolicies.KeepsAllRows(policy) ? outcome.Method.Budget : outcome.RowShare):0.###}") : "";
        return $"--kv-type {type} --kv-policy {policy}{budget}";
    }
}
