using Kvasir.Benchmarks.Agents.Workloads;
using Kvasir.Engine.Agents;

namespace Kvasir.Benchmarks.Agents.Suites;

/// <summary>Time to the first token of each of five fully connected agents over a long text, and from which length on prediction pays.</summary>
internal static class TimeSuite
{
    private const int WarmTasks = 3;
    private const int Agents = 5;
    private const int SaidTokens = 32;
    private const int LongRecords = 100;
    private const int ShortRecords = 8;

    /// <summary>Middle times of an agent, milliseconds.</summary>
    private sealed record Times(double Tokens, double Predicted, double Reused, double Dense, double BehindPrefix, double Correction, double Preparation);

    public static async Task RunAsync(AgentSession session, AgentRecorder recorder)
    {
        var (ratios, behindPrefix, breakEven, rounds) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        var note = "";
        foreach (var seed in recorder.Seeds)
        {
            var times = await MeasureAsync(session, recorder, LongRecords, seed).ConfigureAwait(false);
            var few = await MeasureAsync(session, recorder, ShortRecords, seed).ConfigureAwait(false);
            for (var agent = 0; agent < Agents; agent++)
            {
                var at = times[agent];
                recorder.Say(FormattableString.Invariant($"agent {agent + 1}: {at.Tokens:0} tokens, dense {at.Dense:0.0} ms, behind its role {at.BehindPrefix:0.0}, predicted {at.Reused:0.0} (comparing {at.Preparation:0.0}, adding and writing {at.Correction:0.0})"));
            }

            var fifth = times[^1];
            ratios.Add(fifth.Dense / fifth.Reused);
            behindPrefix.Add(fifth.BehindPrefix / fifth.Reused);
            rounds.Add(times.Sum(at => at.BehindPrefix) / times.Sum(at => at.Reused));
            breakEven.Add(BreakEvenTokens(few[^1], fifth));
            note = FormattableString.Invariant($"{fifth.Tokens:0} tokens: {fifth.Dense:0} ms dense, {fifth.BehindPrefix:0} ms with the role from the prefix cache, {fifth.Reused:0} ms predicted, {fifth.Correction + fifth.Preparation:0} ms of it correction from {WarmTasks} anchors");
        }

        recorder.Check("kvcomm.agent5TtftRatio", ratios, "times", 4, $"{note}; baseline: wanted");
        recorder.Check("kvcomm.agent5TtftRatioPrefix", behindPrefix, "times", null, "the same against dense runs whose role comes from the prefix cache");
        recorder.Check("kvcomm.roundTtftRatio", rounds, "times", null, "sum over five agents against dense runs whose roles come from the prefix cache; without the base of the text, which is computed once");
        recorder.Check("kvcomm.breakEvenTokens", breakEven, "tokens", null, "tokens of messages from which on the fifth agent's prediction is quicker than computing behind its role, by the line through two lengths");
    }

    /// <summary>Where the lines through the times of two lengths cross; 0 when prediction is quicker from the start.</summary>
    private static double BreakEvenTokens(Times few, Times many)
    {
        var (gainFew, gainMany) = (few.BehindPrefix - few.Reused, many.BehindPrefix - many.Reused);
        var slope = (gainMany - gainFew) / (many.Predicted - few.Predicted);
        return slope <= 0 ? double.PositiveInfinity : Math.Max(0, few.Predicted - (gainFew / slope));
    }

    private static async Task<Times[]> MeasureAsync(AgentSession session, AgentRecorder recorder, int records, int seed)
    {
        var setup = new StreamSetup { Agents = Agents, RoleTokens = [512], LeastMargin = 0 };
        setup = setup with { Anchors = setup.Anchors with { Gamma = 1 } };
        var writer = new RecordWriter(new Random(seed));
        int? questionTokens = null;
        var run = await StreamRun.BeginAsync(session, setup, seed + 1000 + records, recorder.Cancellation).ConfigureAwait(false);
        for (var task = 0; task < WarmTasks; task++)
            await RoundAsync(records + 3).ConfigureAwait(false); // longer than what is measured, so that it can lend
        var measured = new List<Times[]>();
        for (var round = 0; round < (recorder.Options.Quick ? 3 : 5); round++)
            measured.Add(await RoundAsync(records).ConfigureAwait(false));
        return [.. Enumerable.Range(0, Agents).Select(Of)];

        Times Of(int agent)
        {
            double Mid(Func<Times, double> of) => measured.Select(round => of(round[agent])).Order().ElementAt(measured.Count / 2);
            return new Times(Mid(at => at.Tokens), Mid(at => at.Predicted), Mid(at => at.Reused), Mid(at => at.Dense), Mid(at => at.BehindPrefix), Mid(at => at.Correction), Mid(at => at.Preparation));
        }

        // Questions have as many tokens as the first one's.
        AgentCase NextCase(int count)
        {
            while (true)
            {
                var next = writer.Write(RecordWriter.Numbers, Agents, count);
                var tokens = run.Layout.Encode(next.Question).Length;
                questionTokens ??= tokens;
                if (tokens == questionTokens)
                    return next;
            }
        }

        // What agents hand on has equally many tokens in every round, so that whether a prompt is predicted does not depend on chance.
        int[] Message(int agent) => run.Layout.Encode(writer.Write(RecordWriter.Numbers, 1, 8 + agent).Records)[..SaidTokens];

        async Task<Times[]> RoundAsync(int count)
        {
            using var round = run.Team.BeginRound();
            var (text, question) = await run.AddAsync(round, NextCase(count), recorder.Cancellation).ConfigureAwait(false);
            var (said, times) = (new List<AgentMessage>(), new Times[Agents]);
            for (var agent = 0; agent < Agents; agent++)
            {
                var messages = run.Layout.Messages(agent, text, question, said);
                var reused = await AskAsync(new AgentCall { MaxTokens = 1 }).ConfigureAwait(false);
                var dense = await AskAsync(new AgentCall { Reuse = AgentReuse.Never, LeavesTraces = false, MaxTokens = 1 }).ConfigureAwait(false);
                var behind = await AskAsync(new AgentCall { Reuse = AgentReuse.Never, MaxTokens = 1 }).ConfigureAwait(false);
                said.Add(await round.AddTextAsync(TeamLayout.Said(agent), Message(agent), cancellation: recorder.Cancellation).ConfigureAwait(false));
                if (!reused.Reused && count == records)
                    throw new InvalidOperationException($"agent {agent + 1} computed its prompt, so nothing is measured: {string.Join(", ", reused.Placeholders)}");
                times[agent] = new Times(
                    reused.Answer.Statistics.PromptTokens, reused.PredictedTokens, Ms(reused.TimeToFirstToken), Ms(dense.TimeToFirstToken), Ms(behind.TimeToFirstToken), Ms(reused.CorrectionTime), Ms(reused.PreparationTime));

                async Task<AgentAnswer> AskAsync(AgentCall? call) =>
                    (await session.AskAsync(round, TeamLayout.Name(agent), messages, call, recorder.Cancellation).ConfigureAwait(false)).Answer;
            }

            return times;
        }
    }

    private static double Ms(TimeSpan time) => time.TotalMilliseconds;
}
