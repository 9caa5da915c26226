using Kvasir.Engine;
using Kvasir.Engine.Agents;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Agents.Workloads;

/// <summary>Agents that look values up in the same records, each starting from what the one before it found.</summary>
/// <param name="engine">The engine.</param>
/// <param name="agents">How many.</param>
/// <param name="full">True when each reads the findings of all before it, false when only that of the last.</param>
/// <param name="roleTokens">Tokens of the role of each agent; repeated when there are fewer than agents.</param>
internal sealed class TeamLayout(KvasirEngine engine, int agents, bool full, IReadOnlyList<int> roleTokens)
{
    public const string Records = "user_records";
    public const string Question = "user_question";

    private static readonly (string Before, string After)[] Asks =
    [
        ("What is the value for key \"", "\"?"),
        ("Which value belongs to \"", "\"?"),
        ("Look up \"", "\"."),
        ("What is the value for key \"", "\"?"),
        ("Which value belongs to \"", "\"?"),
    ];

    private readonly Tokenizer _tokenizer = engine.Tokenizer ?? throw new InvalidOperationException($"{engine.Model.Path} has no tokenizer");

    public int Agents => agents;

    /// <summary>Tokens in front of an agent's first placeholder.</summary>
    public int FirstPlaceholder(int agent) => roleTokens[agent % roleTokens.Count] + 4;

    public int[] LeadIn => [.. Special("<|bos|>"), .. Special("<|user|>"), .. Encode("The task is:")];

    public static string Name(int agent) => $"agent_{agent + 1}";

    public static string Said(int agent) => $"agent_{agent + 1}_current";

    /// <summary>Tokens of a text, without a begin token.</summary>
    public int[] Encode(string text)
    {
        var tokens = _tokenizer.Encode(text, parseSpecial: false);
        return _tokenizer.BosId is { } bos && tokens is [var first, ..] && first == bos ? tokens[1..] : tokens;
    }

    public IEnumerable<AgentDefinition> Define() => Enumerable.Range(0, agents).Select(agent => new AgentDefinition
    {
        Name = Name(agent),
        Template = new AgentTemplate([.. Parts(agent)]),
        Answers = Said(agent),
        MaxTokens = 32,
    });

    /// <summary>What an agent's placeholders are filled with.</summary>
    public Dictionary<string, AgentMessage> Messages(int agent, AgentMessage records, AgentMessage question, IReadOnlyList<AgentMessage> said)
    {
        var messages = new Dictionary<string, AgentMessage>(StringComparer.Ordinal) { [Records] = records, [Question] = question };
        for (var other = 0; other < agent; other++)
            messages[Said(other)] = said[other];
        return messages;
    }

    private IEnumerable<TemplatePart> Parts(int agent)
    {
        yield return TemplatePart.Fixed([.. Special("<|bos|>"), .. Special("<|system|>"), .. RoleWriter.Write(_tokenizer, agent, roleTokens[agent % roleTokens.Count]), .. Special("<|end|>"), .. Special("<|user|>")]);
        yield return Place(Records);
        if (agent == 0)
        {
            yield return Text("\n\n");
            yield return Place(Question);
            yield return TemplatePart.Fixed([.. Special("<|end|>"), .. Special("<|assistant|>")]);
            yield break;
        }

        if (full)
        {
            for (var other = 0; other < agent; other++)
            {
                yield return Text(other == 0 ? "\n\nFound so far: \"" : "\", \"");
                yield return Place(Said(other));
            }
        }

        var (before, after) = Asks[agent % Asks.Length];
        yield return Text((full ? "\".\n\n" : "\n\n") + before);
        yield return Place(Said(agent - 1));
        yield return TemplatePart.Fixed([.. Encode(after), .. Special("<|end|>"), .. Special("<|assistant|>")]);
    }

    private TemplatePart Place(string id) => TemplatePart.For(id, Encode($"{{{id}}}"));

    private TemplatePart Text(string text) => TemplatePart.Fixed(Encode(text));

    private int[] Special(string token) => _tokenizer.Encode(token, parseSpecial: true) is [.., var id] ? [id] : throw new InvalidOperationException($"the model has no token {token}");
}
