using Kvasir.Benchmarks.Agents.Measures;
using Kvasir.Benchmarks.Agents.Workloads;
using Kvasir.Benchmarks.Measures;
using Kvasir.Engine.Agents;

namespace Kvasir.Benchmarks.Agents.Suites;

/// <summary>
/// Tasks that the team has not seen, each prompt run densely and in every way of reuse, whatever the anchors say. Messages are those of the dense
/// runs, so that all ways answer the same prompt.
/// </summary>
internal static class HeldOutRun
{
    /// <summary>What one way gave, summed over prompts.</summary>
    internal sealed class Sums
    {
        public int Prompts { get; set; }

        public double Kl { get; set; }

        public double RowError { get; set; }

        public int Agreeing { get; set; }

        public double TtftMs { get; set; }
    }

    public static async Task<Sums[]> RunAsync(AgentSession session, StreamRun run, int tasks, IReadOnlyList<Variant> variants, CancellationToken cancellation)
    {
        var sums = variants.Select(_ => new Sums()).ToArray();
        for (var task = 0; task < tasks; task++)
        {
            using var round = run.Team.BeginRound();
            var (records, question) = await run.AddAsync(round, run.NextCase(), cancellation).ConfigureAwait(false);
            var said = new List<AgentMessage>();
            for (var agent = 0; agent < run.Layout.Agents; agent++)
            {
                var messages = run.Layout.Messages(agent, records, question, said);
                var rows = new PromptRows();
                var (dense, first) = await session.AskAsync(
                    round, TeamLayout.Name(agent), messages, new AgentCall { Reuse = AgentReuse.Never, LeavesTraces = false, Capture = rows }, cancellation).ConfigureAwait(false);
                for (var i = 0; i < variants.Count; i++)
                    await MeasureAsync(sums[i], variants[i], agent, dense, first, rows).ConfigureAwait(false);
                said.Add(dense.Message);

                async Task MeasureAsync(Sums sum, Variant variant, int number, AgentAnswer truth, float[] denseFirst, PromptRows denseRows)
                {
                    sum.Prompts++;
                    if (variant.Blend is { } policy)
                    {
                        var (blended, blendedFirst) = await BlendedAgents.AskAsync(session, run, number, messages, policy, cancellation).ConfigureAwait(false);
                        sum.Kl += Divergence.Kl(denseFirst, blendedFirst);
                        sum.RowError = double.NaN;
                        sum.Agreeing += blended.Tokens.SequenceEqual(truth.Answer.Tokens) ? 1 : 0;
                        sum.TtftMs += blended.Statistics.TimeToFirstToken.TotalMilliseconds;
                        return;
                    }

                    var own = new PromptRows();
                    var call = new AgentCall { Reuse = AgentReuse.Always, LeavesTraces = false, Corrections = variant.Corrections, Segments = variant.Segments, Capture = own };
                    var (answer, ownFirst) = await session.AskAsync(round, TeamLayout.Name(number), messages, call, cancellation).ConfigureAwait(false);
                    sum.Kl += Divergence.Kl(denseFirst, ownFirst);
                    sum.RowError += own.ErrorAgainst(denseRows, run.Layout.FirstPlaceholder(number));
                    sum.Agreeing += answer.Answer.Tokens.SequenceEqual(truth.Answer.Tokens) ? 1 : 0;
                    sum.TtftMs += answer.TimeToFirstToken.TotalMilliseconds;
                }
            }
        }

        return sums;
    }
}
