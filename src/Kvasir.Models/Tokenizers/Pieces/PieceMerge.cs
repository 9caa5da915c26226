namespace Kvasir.Models;

/// <summary>A pair of pieces that a byte-pair encoding merges, in one text as files write it: hundreds of thousands of them are read at every start.</summary>
/// <param name="Text">The left piece, a space, the right piece.</param>
/// <param name="Space">Where the space between the two is.</param>
internal readonly record struct PieceMerge(string Text, int Space)
{
    public PieceMerge(string left, string right)
        : this($"{left} {right}", left.Length)
    {
    }

    public ReadOnlySpan<char> Left => Text.AsSpan(0, Space);

    public ReadOnlySpan<char> Right => Text.AsSpan(Space + 1);

    /// <summary>The merge that a line of a file is, or null where it has no space between two parts. The left part may itself begin with a space.</summary>
    public static PieceMerge? Parse(string line) =>
        line.IndexOf(' ', Math.Min(1, line.Length)) is >= 0 and var space ? new PieceMerge(line, space) : null;
}
