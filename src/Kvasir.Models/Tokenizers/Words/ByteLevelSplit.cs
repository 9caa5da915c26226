namespace Kvasir.Models;

/// <summary>How a byte-level tokenizer cuts text, where that is nothing but patterns whose matches are isolated, one after the other.</summary>
/// <param name="Patterns">In the order of their application.</param>
/// <param name="AddPrefixSpace">Text that does not begin with a space gets one.</param>
internal sealed record ByteLevelSplit(IReadOnlyList<string> Patterns, bool AddPrefixSpace)
{
    public const int MaxPatterns = 8;

    /// <summary>The steps before a model.</summary>
    public WordStep Step(string path, PieceModel model)
    {
        if (Patterns.Count > MaxPatterns)
            throw new ModelFormatException(path, $"{Patterns.Count} split patterns; at most {MaxPatterns} are read");
        WordStep step = new ModelStep(model);
        for (int i = Patterns.Count - 1; i >= 0; i--)
            step = SplitPatterns.Step(path, Patterns[i], step);
        return AddPrefixSpace ? new PrefixSpaceStep(step) : step;
    }
}
