using Kvasir.Engine.Agents;

namespace Kvasir.Benchmarks.Agents.Suites;

/// <summary>A hundred tasks in a row: how many calls are predicted and whether they answer like dense ones; then tasks held out, in every way of reuse.</summary>
internal static class StreamSuite
{
    private const int HeldOutTasks = 10;
    private const int HeldOutTasksQuick = 5;

    public static async Task RunAsync(AgentSession session, AgentRecorder recorder)
    {
        var quick = recorder.Options.Quick;
        await StreamAsync(session, recorder, "", new StreamSetup()).ConfigureAwait(false);
        if (quick)
            return;
        await StreamAsync(session, recorder, ".published", new StreamSetup { Segments = SegmentRows.Predicted, LeastMargin = 0 }).ConfigureAwait(false);
        await StreamAsync(session, recorder, ".chain", new StreamSetup { Full = false }).ConfigureAwait(false);
        foreach (var agents in new[] { 2, 4, 5 })
            await StreamAsync(session, recorder, $".agents{agents}", new StreamSetup { Agents = agents }).ConfigureAwait(false);
    }

    private static async Task StreamAsync(AgentSession session, AgentRecorder recorder, string suffix, StreamSetup setup)
    {
        var results = new List<StreamResult>();
        var sums = new List<HeldOutRun.Sums[]>();
        foreach (var seed in recorder.Seeds)
        {
            var run = await StreamRun.BeginAsync(session, setup, seed, recorder.Cancellation).ConfigureAwait(false);
            await run.RunAsync(recorder.Cancellation).ConfigureAwait(false);
            results.Add(run.Result);
            if (suffix.Length == 0)
                sums.Add(await HeldOutRun.RunAsync(session, run, recorder.Options.Quick ? HeldOutTasksQuick : HeldOutTasks, Variant.All, recorder.Cancellation).ConfigureAwait(false));
        }

        var last = results[^1];
        var what = $"{setup.Agents} agents, {(setup.Full ? "fully connected" : "chain")}, {setup.Questions} tasks, γ {setup.Anchors.Gamma}";
        Check("reuseRate", result => result.ReuseRate, 0.6, $"share of agent calls; {what}; prompts of {last.PromptTokens / last.Calls} tokens");
        Check("agreement", result => result.Agreement, 0.95, "share of the predicted calls whose answer has the tokens of the dense run on the same messages; baseline: wanted");
        Check("doubted", result => (double)result.Doubted / result.Calls, null, $"share of agent calls that were predicted, then computed, since their first token led by less than {setup.LeastMargin} nats; not among the reused ones");
        Check("tokenReuse", result => result.TokenShare, null, "share of prompt tokens; roles are prefix hits and not among them");
        Check("rightAnswers", result => (double)result.Right.Own / result.Calls, results.Average(result => (double)result.Right.Dense / result.Calls), "baseline: dense");
        if (suffix.Length > 0)
            return;
        Check("poolBounded", result => result.FullestPool, setup.Anchors.Capacity, "most anchors of a pool at any time; baseline: V, which it must not exceed");
        Check("anchorBytes", result => result.AnchorBytes, null, "memory of all anchors");
        Check("entropyShare", result => result.EntropyShares.Average(), null, $"mean; {string.Join(", ", last.Outcomes.Select(pair => $"{pair.Key} {pair.Value}"))}");
        Check("topWeight", result => result.TopWeights.Average(), null, "mean largest weight");
        for (var i = 0; i < Variant.All.Length; i++)
        {
            recorder.Add(new AgentCurve(
                "variant",
                Variant.All[i].Name,
                double.NaN,
                1,
                double.NaN,
                sums.Average(sum => (double)sum[i].Agreeing / sum[i].Prompts),
                sums.Average(sum => sum[i].Kl / sum[i].Prompts),
                sums.Average(sum => sum[i].RowError / sum[i].Prompts)));
        }

        recorder.Check("kvcomm.klReduction", Reduction(0, 1), "share", 0.3, "first-token KL that the offsets take off rotation alone, every held-out prompt predicted; baseline: wanted");
        recorder.Check("kvcomm.klReductionLastComputed", Reduction(6, 7), "share", 0.3, "the same with the last segment computed");
        recorder.Check("kvcomm.klReductionComputed", Reduction(8, 9), "share", 0.3, "the same with all segments computed, as the stream has it");

        recorder.Check("kvcomm.klOverCacheBlend", [.. sums.Select(sum => sum[8].Kl / sum[10].Kl)], "ratio", 1, "first-token KL over that of CacheBlend at 20 % on the same prompts, held out; below 1: nearer to the dense run");
        recorder.Check("cacheblend.agreement", [.. sums.Select(sum => (double)sum[10].Agreeing / sum[10].Prompts)], "share", sums.Average(sum => (double)sum[8].Agreeing / sum[8].Prompts), "answers of CacheBlend at 20 % that are the dense run's; baseline: KVCOMM, every prompt predicted");

        void Check(string name, Func<StreamResult, double> value, double? baseline, string note) =>
            recorder.Check($"kvcomm.{name}{suffix}", [.. results.Select(value)], name is "poolBounded" ? "anchors" : name is "anchorBytes" ? "bytes" : "share", baseline, note);

        double[] Reduction(int with, int without) => [.. sums.Select(sum => 1 - (sum[with].Kl / sum[without].Kl))];
    }
}
