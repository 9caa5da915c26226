namespace Kvasir.Models;

/// <summary>Finds what splits a text.</summary>
internal abstract class PieceFinder
{
    /// <summary>Appends the matches in order, without overlaps.</summary>
    public abstract void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches);
}
