using Kvasir.Benchmarks.Agents.Measures;
using Kvasir.Benchmarks.Agents.Workloads;
using Kvasir.Engine;
using Kvasir.Engine.Agents;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Agents.Suites;

/// <summary>An anchor's own text, its offsets borrowed with all weight on them: the rows must be those of the dense run.</summary>
internal static class ReplaySuite
{
    public static async Task RunAsync(AgentSession _, AgentRecorder recorder)
    {
        // In 32-bit KV: half precision rounds keys as large as the model's by more than what is to be shown.
        var options = recorder.Options;
        using var session = await AgentSession.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvBudgetBytes = options.KvBytes, KvType = KvDataType.F32 }).ConfigureAwait(false);
        var (errors, same, prompts) = (new List<double>(), 0, 0);
        var setup = new StreamSetup { Agents = 2, Segments = SegmentRows.Predicted };
        foreach (var seed in recorder.Seeds)
        {
            var run = await StreamRun.BeginAsync(session, setup, seed, recorder.Cancellation).ConfigureAwait(false);
            var task = run.NextCase();
            var dense = await AskAsync(run, task, new AgentCall { Reuse = AgentReuse.Never }, []).ConfigureAwait(false);
            var again = await AskAsync(run, task, new AgentCall { Reuse = AgentReuse.Always }, dense).ConfigureAwait(false);
            errors.Add(dense.Zip(again).Max(pair => pair.Second.Rows.MaxErrorAgainst(pair.First.Rows)));
            same += dense.Zip(again).Count(pair => pair.First.Answer.Answer.Tokens.SequenceEqual(pair.Second.Answer.Answer.Tokens));
            prompts += dense.Count;
        }

        recorder.Check("kvcomm.replayMaxError", errors, "elements of keys and values", 1e-3, $"{same} of {prompts} answers have the tokens of the dense run; 32-bit KV");

        async Task<List<(AgentAnswer Answer, PromptRows Rows)>> AskAsync(StreamRun run, AgentCase task, AgentCall call, List<(AgentAnswer Answer, PromptRows Rows)> before)
        {
            using var round = run.Team.BeginRound();
            var (records, question) = await run.AddAsync(round, task, recorder.Cancellation).ConfigureAwait(false);
            var (said, answers) = (new List<AgentMessage>(), new List<(AgentAnswer, PromptRows)>());
            for (var agent = 0; agent < run.Layout.Agents; agent++)
            {
                var rows = new PromptRows();
                var (answer, _) = await session.AskAsync(
                    round, TeamLayout.Name(agent), run.Layout.Messages(agent, records, question, said), call with { Capture = rows }, recorder.Cancellation).ConfigureAwait(false);
                // What the first agent said must be the very rows of the dense round: those that follow predicted ones are rounded differently.
                said.Add(before.Count > 0 ? before[agent].Answer.Message : answer.Message);
                answers.Add((answer, rows));
            }

            return answers;
        }
    }
}
