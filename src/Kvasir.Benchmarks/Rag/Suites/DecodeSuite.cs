using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.KvCache.Blending;

namespace Kvasir.Benchmarks.Rag.Suites;

/// <summary>
/// How the error grows along an answer, with and without KVShare's second stage. The answer is given: a dialogue of further questions about
/// the chunks with their right answers, so that all runs are compared at the same tokens and late tokens still look into the chunks.
/// </summary>
internal static class DecodeSuite
{
    private const int Late = 32;
    private const double Ratio = 0.1;

    public static async Task RunAsync(RagSession session, RagRecorder recorder)
    {
        var count = recorder.Options.Quick ? 4 : 20;
        var late = new List<double>();
        var early = new List<double>();
        var tpot = new List<double>();
        var drift = new Dictionary<string, double[]>();
        foreach (var seed in recorder.Seeds)
        {
            var sums = new Dictionary<string, (double[] Kl, double Seconds)>();
            foreach (var prompt in QuestionWorkload.Create(session.Frame, RagKind.CrossChunk, 500 + seed, count, RagSession.ShortTokens))
            {
                await session.Engine.ClearCacheAsync().ConfigureAwait(false);
                await session.StoreAloneAsync(prompt, recorder.Cancellation).ConfigureAwait(false);
                var full = await GivenAsync(session, prompt, null, recorder.Cancellation).ConfigureAwait(false);
                foreach (var (name, policy) in Policies())
                {
                    var answer = await GivenAsync(session, prompt, policy, recorder.Cancellation).ConfigureAwait(false);
                    var (kl, seconds) = sums.GetValueOrDefault(name, (new double[QuestionWorkload.DialogueTokens], 0));
                    for (var i = 0; i < kl.Length; i++)
                        kl[i] += Divergence.Kl(full.Logits[i], answer.Logits[i]) / count;
                    sums[name] = (kl, seconds + (answer.Answer.Statistics.TotalTime - answer.Answer.Statistics.TimeToFirstToken).TotalSeconds);
                }
            }

            var (two, one) = (sums["3 a token"], sums["0 a token"]);
            late.Add(two.Kl[Late..].Average() / one.Kl[Late..].Average());
            early.Add(two.Kl[1..Late].Average() / one.Kl[1..Late].Average());
            tpot.Add(two.Seconds / one.Seconds);
            foreach (var (name, (kl, _)) in sums)
                drift[name] = [.. kl.Select((value, i) => value / recorder.Options.SeedCount + (drift.TryGetValue(name, out var sum) ? sum[i] : 0))];
        }

        recorder.Check("kvshare.lateKlRatio", late, "ratio", 1, $"tokens {Late} to {QuestionWorkload.DialogueTokens}, {Ratio:P0} repaired: three rows beside each token against none; wanted: below 1");
        recorder.Check("kvshare.earlyKlRatio", early, "ratio", 1, $"the same for tokens 1 to {Late - 1}");
        recorder.Check("kvshare.tpotRatio", tpot, "ratio", 1, "time a token with three rows beside each against none");
        foreach (var (name, kl) in drift)
            recorder.Add(new RagSeries("drift", name, [.. kl.Chunk(8).Select((group, i) => ((8.0 * i) + 4, group.Average()))]));
    }

    private static IEnumerable<(string Name, IBlendPolicy Policy)> Policies() =>
    [
        ("0 a token", new KvSharePolicy(Ratio, answerRepairs: 0)),
        ("3 a token", new KvSharePolicy(Ratio, answerRepairs: 3)),
        ("naive", new NaivePolicy()),
    ];

    private static Task<RagAnswer> GivenAsync(RagSession session, RagPrompt prompt, IBlendPolicy? policy, CancellationToken cancellation)
    {
        var request = policy is null ? RagSession.Full(prompt) : RagSession.Blended(prompt, policy, RagScope.Alone);
        return session.AnswerAsync(
            request with { Continuation = prompt.Dialogue, MaxTokens = prompt.Dialogue!.Length, IgnoreStopTokens = true }, _ => true, cancellation);
    }
}
