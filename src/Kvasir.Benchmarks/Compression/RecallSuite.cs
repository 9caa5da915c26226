using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.KvCache.Compression;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Compression;

/// <summary>One of many keys in a long prompt, question seen, with one, three and five percent of the rows: CAKE and CompressKV against SnapKV.</summary>
internal static class RecallSuite
{
    private static readonly double[] Shares = [0.01, 0.03, 0.05];

    private static readonly string[] Policies = ["snapkv", "cake", "compresskv", "compresskv-uniform", "compresskv-all"];

    public static async Task RunAsync(CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        using var session = await SessionEngine.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16 }).ConfigureAwait(false);
        var length = Math.Min(options.Length ?? (options.Quick ? 2000 : 7000), session.Engine.MaxContext - 512);
        var prompts = CompressionPrompt.Make(session, ["kv"], options.UsedPrompts, length, options.Seed + 8);
        string[] policies = [.. Policies.Where(name => session.HasProfile || !CompressionPolicies.NeedsProfile(name))];
        var methods = Shares.SelectMany(share => policies.Select(name => (session.Policy(name), (Func<int, int>)(rows => (int)(rows * share))))).ToArray();
        var outcomes = await new QualityRun(session, prompts, log.Progress).RunAsync(methods, seesQuestion: true, cancellation).ConfigureAwait(false);
        log.Add("recall", outcomes);
        for (var i = 0; i < Shares.Length; i++)
        {
            var at = outcomes.Skip(i * policies.Length).Take(policies.Length).ToDictionary(outcome => outcome.Policy);
            var suffix = FormattableString.Invariant($"@{100 * Shares[i]:0}%");
            foreach (var name in policies)
                log.Add($"recall.{name}{suffix}", Interval.Of([.. at[name].Agreement.Select(share => 100 * share)]), "%", null, FormattableString.Invariant($"tokens of the answer that stay the most probable ones, {prompts.Count} prompts of {length} tokens; KL {at[name].Kl.Average():0.000}"));
            Compare("cake", "snapkv", 5);
            Compare("compresskv-uniform", "compresskv-all", null);
            Compare("compresskv", "compresskv-uniform", null);

            void Compare(string one, string other, double? wanted)
            {
                if (!at.ContainsKey(one) || !at.ContainsKey(other))
                    return;
                var test = PairedTest.Of([.. at[one].Agreement.Select(share => 100 * share)], [.. at[other].Agreement.Select(share => 100 * share)]);
                log.Add($"recall.{one}.over.{other}{suffix}", test.Difference, "points", wanted, FormattableString.Invariant($"p = {test.P:0.####}; above 0: {one} keeps more"));
            }
        }
    }
}
