using Kvasir.Benchmarks.Rag.Policies;
using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.KvCache.Blending;

namespace Kvasir.Benchmarks.Rag.Suites;

/// <summary>Time to the first token of long prompts whose chunks are in memory.</summary>
internal static class LongSuite
{
    private static readonly int[] Usual = [2048, 3072, 4096, 6144];
    private static readonly int[] QuickLengths = [1024, 2048];

    public static async Task RunAsync(RagSession session, RagRecorder recorder)
    {
        var lengths = recorder.Options.LongTokens ?? (recorder.Options.Quick ? QuickLengths : Usual);
        var policies = new (string Name, IBlendPolicy Policy, ReadOnlyMemory<byte> Salt)[]
        {
            ("naive", new NaivePolicy(), RagScope.Alone),
            ("cacheblend 15 %", new CacheBlendPolicy(PolicyRows.Usual), RagScope.Alone),
            ("kvshare 15 %", new KvSharePolicy(PolicyRows.Usual), RagScope.Alone),
            ("cachecraft 15 %", new CacheCraftPolicy(1) { Ratio = PolicyRows.Usual }, RagScope.Context),
        };
        var times = new Dictionary<(string Name, int Tokens), List<double>>();
        var speedups = new List<double>();
        var work = new List<double>();
        foreach (var seed in recorder.Seeds)
        {
            var ratios = new List<double>();
            foreach (var tokens in lengths.Where(tokens => tokens + RagSession.AnswerTokens <= session.Engine.MaxContext))
            {
                var prompt = LongPrompts.Create(session.Frame, (100 * seed) + tokens, tokens);
                await session.Engine.ClearCacheAsync().ConfigureAwait(false);
                await session.StoreAloneAsync(prompt, recorder.Cancellation).ConfigureAwait(false);
                await session.StoreInContextAsync(prompt, new Random(seed), recorder.Cancellation).ConfigureAwait(false);
                var full = (await session.AnswerAsync(RagSession.Full(prompt) with { MaxTokens = 1 }, cancellation: recorder.Cancellation).ConfigureAwait(false)).TtftMs;
                Add("full", tokens, full);
                foreach (var (name, policy, salt) in policies)
                {
                    var answer = await session.AnswerAsync(RagSession.Blended(prompt, policy, salt) with { MaxTokens = 1 }, cancellation: recorder.Cancellation).ConfigureAwait(false);
                    Add(name, tokens, answer.TtftMs);
                    if (policy is not CacheBlendPolicy)
                        continue;
                    ratios.Add(full / answer.TtftMs);
                    var expected = (2.0 / session.Layers) + (PolicyRows.Usual * (1 - (2.0 / session.Layers)));
                    work.Add((double)session.TokenLayers(answer.Answer) / tokens / session.Layers / expected);
                }
            }

            speedups.Add(ratios.Average());
        }

        recorder.Check("cacheblend.ttftRatio", speedups, "times", 1, $"full recomputation against 15 % repaired, prompts of {string.Join(", ", lengths)} tokens in {LongPrompts.Chunks} chunks, {Path.GetFileName(session.Engine.Model.Path)}; wanted: at least 2.2");
        recorder.Check("cacheblend.workOverModel", [work.Average()], "ratio", 1, "token-layers against (c + 1)/L + r (1 - (c + 1)/L); wanted: within 0.2 of 1");
        foreach (var line in times.GroupBy(entry => entry.Key.Name))
            recorder.Add(new RagSeries("ttft", line.Key, [.. line.OrderBy(entry => entry.Key.Tokens).Select(entry => ((double)entry.Key.Tokens, entry.Value.Average()))]));

        void Add(string name, int tokens, double milliseconds)
        {
            if (!times.TryGetValue((name, tokens), out var list))
                times[(name, tokens)] = list = [];
            list.Add(milliseconds);
            recorder.Say(FormattableString.Invariant($"  {name,-16} {tokens} tokens: {milliseconds:0} ms"));
        }
    }
}
