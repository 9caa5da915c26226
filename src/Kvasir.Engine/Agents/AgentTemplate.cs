namespace Kvasir.Engine.Agents;

/// <summary>
/// An agent's prompt: fixed segments with placeholders between them, <c>[p_0, φ_1, p_1, ..., φ_k, p_k]</c>. What comes before the first
/// placeholder is the same in every prompt, so that exact prefix reuse covers it.
/// </summary>
public sealed class AgentTemplate
{
    /// <summary>Takes the parts of a prompt in their order.</summary>
    /// <exception cref="ArgumentException">There are no tokens, two fixed parts follow one another, or a part is empty.</exception>
    public AgentTemplate(params IReadOnlyList<TemplatePart> parts)
    {
        for (var i = 0; i < parts.Count; i++)
        {
            if (parts[i].Tokens.Length == 0)
                throw new ArgumentException($"part {i} of the template has no tokens; leave it out, or give the placeholder a marker", nameof(parts));
            if (i > 0 && parts[i].Placeholder is null && parts[i - 1].Placeholder is null)
                throw new ArgumentException($"parts {i - 1} and {i} of the template are both fixed; make them one", nameof(parts));
        }

        if (parts.Count == 0)
            throw new ArgumentException("the template has no parts", nameof(parts));
        Parts = [.. parts];
    }

    /// <summary>The parts in their order.</summary>
    public IReadOnlyList<TemplatePart> Parts { get; }

    /// <summary>The placeholders, each once.</summary>
    public IEnumerable<string> Placeholders => Parts.Select(part => part.Placeholder).OfType<string>().Distinct(StringComparer.Ordinal);

    /// <summary>The fixed segment behind a placeholder, or null when the next part is another placeholder or there is none.</summary>
    internal int? SegmentBehind(int part) => part + 1 < Parts.Count && Parts[part + 1].Placeholder is null ? part + 1 : null;
}
