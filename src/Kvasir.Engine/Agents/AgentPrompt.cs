using Kvasir.Engine.Blending;

namespace Kvasir.Engine.Agents;

/// <summary>An agent's template with its messages filled in.</summary>
internal sealed class AgentPrompt
{
    private readonly AgentTemplate _template;

    private AgentPrompt(AgentTemplate template, int[] tokens, ChunkPart[] places)
    {
        _template = template;
        Tokens = tokens;
        Places = places;
    }

    public int[] Tokens { get; }

    /// <summary>Where each part of the template lies; a message without tokens has a place without length.</summary>
    public ChunkPart[] Places { get; }

    /// <summary>Numbers of the parts that are messages.</summary>
    public IEnumerable<int> MessageParts => Enumerable.Range(0, Places.Length).Where(part => _template.Parts[part].Placeholder is not null);

    /// <summary>Fills a template; <paramref name="contentOf"/> gives the tokens of a placeholder.</summary>
    public static AgentPrompt Fill(AgentTemplate template, Func<TemplatePart, ReadOnlyMemory<int>> contentOf)
    {
        var tokens = new List<int>();
        var places = new ChunkPart[template.Parts.Count];
        for (var part = 0; part < places.Length; part++)
        {
            var content = template.Parts[part].Placeholder is null ? template.Parts[part].Tokens : contentOf(template.Parts[part]);
            places[part] = new ChunkPart(tokens.Count, content.Length);
            tokens.AddRange(content.Span);
        }

        return new AgentPrompt(template, [.. tokens], places);
    }

    /// <summary>Whether a fixed part of a template with so many parts is predicted.</summary>
    public static bool IsPredicted(int part, int parts, SegmentRows segments) => part > 0 && segments switch
    {
        SegmentRows.Predicted => true,
        SegmentRows.LastComputed => part < parts - 1,
        _ => false,
    };
}
