using Kvasir.Engine.Agents;
using Kvasir.Engine.Blending;
using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Blending.Anchors;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tests.Agents;

/// <summary>Agents over the random model: "reader" reads a text, "chain" the text and the reader's answer.</summary>
internal sealed class TinyTeam : IDisposable
{
    public const string Text = "user_text";
    public const string ReaderSaid = "agent_reader_current";

    private TinyTeam(KvasirEngine engine, AgentTeam team) => (Engine, Team) = (engine, team);

    public KvasirEngine Engine { get; }

    public AgentTeam Team { get; }

    public static async Task<TinyTeam> CreateAsync(AnchorSettings? anchors = null, SegmentRows segments = SegmentRows.Predicted, bool judge = false, int threads = 1, double leastMargin = 0)
    {
        var engine = KvasirEngine.Load(TinyModel.Llama, new EngineOptions { Threads = threads, BlockRows = 16, KvType = KvDataType.F32, PoisonFreedRows = true, KvBudgetBytes = 64 << 20 });
        var team = new AgentTeam(engine, new AgentOptions
        {
            Anchors = anchors ?? new AnchorSettings { Gamma = 1 },
            Segments = segments,
            LeastMargin = leastMargin,
            LeadIn = TinyModel.Tokens(4, 900),
        });
        await team.RegisterAsync(new AgentDefinition
        {
            Name = "reader",
            Template = new AgentTemplate(TemplatePart.Fixed(TinyModel.Tokens(40, 1)), TemplatePart.For(Text, 7, 8), TemplatePart.Fixed(TinyModel.Tokens(5, 2))),
            MaxTokens = 6,
            Answers = ReaderSaid,
        });
        await team.RegisterAsync(new AgentDefinition
        {
            Name = "chain",
            Template = new AgentTemplate(
                TemplatePart.Fixed(TinyModel.Tokens(21, 3)),
                TemplatePart.For(Text, 7, 8),
                TemplatePart.Fixed(TinyModel.Tokens(6, 4)),
                TemplatePart.For(ReaderSaid, 9),
                TemplatePart.Fixed(TinyModel.Tokens(4, 5))),
            AlwaysDense = judge,
            MaxTokens = 6,
        });
        return new TinyTeam(engine, team);
    }

    public static Dictionary<string, AgentMessage> Messages(AgentMessage text, AgentMessage? said = null)
    {
        var messages = new Dictionary<string, AgentMessage>(StringComparer.Ordinal) { [Text] = text };
        if (said is not null)
            messages[ReaderSaid] = said;
        return messages;
    }

    /// <summary>A round of both agents over a text; the answers.</summary>
    public async Task<(AgentAnswer Reader, AgentAnswer Chain)> RoundAsync(int seed, int length, string? id = null, AgentCall? call = null)
    {
        using var round = Team.BeginRound();
        return await AskAsync(round, seed, length, id, call);
    }

    public static async Task<(AgentAnswer Reader, AgentAnswer Chain)> AskAsync(AgentRound round, int seed, int length, string? id = null, AgentCall? call = null)
    {
        var text = await round.AddTextAsync(Text, TinyModel.Tokens(length, seed), id);
        var reader = await round.AskAsync("reader", Messages(text), call);
        var chain = await round.AskAsync("chain", Messages(text, reader.Message), call);
        return (reader, chain);
    }

    public void Dispose() => Engine.Dispose();

    /// <summary>Keeps all rows of a prompt.</summary>
    public sealed class Rows : IRowCapture
    {
        public FreeRows All { get; private set; } = new(1, 0, 1);

        public void Take(IRowReader reader)
        {
            All = new FreeRows(reader.Layers, reader.PromptLength - 1, reader.Width);
            for (var layer = 0; layer < reader.Layers; layer++)
            {
                for (var row = 0; row < All.Rows; row++)
                    reader.Read(layer, row, All.Key(layer, row), All.Value(layer, row));
            }
        }
    }

    public static float Difference(FreeRows a, FreeRows b)
    {
        var most = 0f;
        for (var layer = 0; layer < a.Layers; layer++)
        {
            for (var i = 0; i < a.Keys(layer).Length; i++)
                most = Math.Max(most, Math.Max(Math.Abs(a.Keys(layer)[i] - b.Keys(layer)[i]), Math.Abs(a.Values(layer)[i] - b.Values(layer)[i])));
        }

        return most;
    }
}
