using Kvasir.Benchmarks.Agents.Workloads;
using Kvasir.Benchmarks.Measures;
using Kvasir.Engine.Agents;
using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.Benchmarks.Agents.Suites;

/// <summary>Runs a stream of tasks through a team that learns as it goes.</summary>
internal sealed class StreamRun
{
    private static readonly AgentCall Look = new() { Reuse = AgentReuse.Never, LeavesTraces = false };

    private readonly AgentSession _session;
    private readonly StreamSetup _setup;
    private readonly RecordWriter _writer;
    private readonly Random _random;

    private StreamRun(AgentSession session, StreamSetup setup, int seed)
    {
        _session = session;
        _setup = setup;
        _random = new Random(seed);
        _writer = new RecordWriter(_random);
        Layout = new TeamLayout(session.Engine, setup.Agents, setup.Full, setup.RoleTokens);
        Team = new AgentTeam(session.Engine, new AgentOptions
        {
            Anchors = setup.Anchors,
            Segments = setup.Segments,
            LeastMargin = setup.LeastMargin,
            KeepsSegments = true, // tasks held out compare predicted with computed ones
            LeadIn = Layout.LeadIn,
            CacheSalt = BitConverter.GetBytes(seed),
        });
    }

    public TeamLayout Layout { get; }

    public AgentTeam Team { get; }

    public StreamResult Result { get; } = new();

    /// <summary>Registers the agents.</summary>
    public static async Task<StreamRun> BeginAsync(AgentSession session, StreamSetup setup, int seed, CancellationToken cancellation)
    {
        var run = new StreamRun(session, setup, seed);
        foreach (var agent in run.Layout.Define())
            await run.Team.RegisterAsync(agent, cancellation).ConfigureAwait(false);
        return run;
    }

    /// <summary>Runs all tasks.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        for (var question = 0; question < _setup.Questions; question++)
            await RunCaseAsync(NextCase(), cancellation).ConfigureAwait(false);
    }

    public AgentCase NextCase() =>
        _writer.Write(_random.Next(_setup.Templates), _setup.Agents, _random.Next(_setup.Records.Least, _setup.Records.Most + 1));

    /// <summary>Brings the texts of a task into a round.</summary>
    public async Task<(AgentMessage Records, AgentMessage Question)> AddAsync(AgentRound round, AgentCase task, CancellationToken cancellation) => (
        await round.AddTextAsync(TeamLayout.Records, Layout.Encode(task.Records), cancellation: cancellation).ConfigureAwait(false),
        await round.AddTextAsync(TeamLayout.Question, Layout.Encode(task.Question), cancellation: cancellation).ConfigureAwait(false));

    private async Task RunCaseAsync(AgentCase task, CancellationToken cancellation)
    {
        using (var round = Team.BeginRound())
        {
            var (records, question) = await AddAsync(round, task, cancellation).ConfigureAwait(false);
            var said = new List<AgentMessage>();
            for (var agent = 0; agent < _setup.Agents; agent++)
            {
                var messages = Layout.Messages(agent, records, question, said);
                var (answer, first) = await _session.AskAsync(round, TeamLayout.Name(agent), messages, null, cancellation).ConfigureAwait(false);
                Count(answer, task.Expected[agent]);
                if (answer.Reused && _setup.Compares)
                {
                    var (dense, denseFirst) = await _session.AskAsync(round, TeamLayout.Name(agent), messages, Look, cancellation).ConfigureAwait(false);
                    Result.Agreeing += answer.Answer.Tokens.SequenceEqual(dense.Answer.Tokens) ? 1 : 0;
                    Result.Right = (Result.Right.Own, Result.Right.Dense + Right(dense, task.Expected[agent]));
                    Result.KlSum += Divergence.Kl(denseFirst, first);
                }
                else
                {
                    Result.Right = (Result.Right.Own, Result.Right.Dense + Right(answer, task.Expected[agent]));
                }

                said.Add(answer.Message);
            }
        }

        Result.FullestPool = Math.Max(Result.FullestPool, Team.Pools.Fullest);
        Result.AnchorBytes = Math.Max(Result.AnchorBytes, Team.Pools.Bytes);
    }

    private void Count(AgentAnswer answer, string expected)
    {
        Result.Calls++;
        Result.Reused += answer.Reused ? 1 : 0;
        Result.Doubted += answer.Doubted ? 1 : 0;
        Result.PromptTokens += answer.Answer.Statistics.PromptTokens;
        Result.PredictedTokens += answer.PredictedTokens;
        Result.Right = (Result.Right.Own + Right(answer, expected), Result.Right.Dense);
        foreach (var report in answer.Placeholders)
            Result.Outcomes[report.Outcome] = Result.Outcomes.GetValueOrDefault(report.Outcome) + 1;
        foreach (var report in answer.Placeholders.Where(report => report.Outcome is PredictionOutcome.Shareable or PredictionOutcome.Uncertain))
        {
            Result.EntropyShares.Add(report.EntropyShare);
            Result.TopWeights.Add(report.TopWeight);
        }
    }

    private static int Right(AgentAnswer answer, string expected) => answer.Answer.Text.Contains(expected, StringComparison.Ordinal) ? 1 : 0;
}
