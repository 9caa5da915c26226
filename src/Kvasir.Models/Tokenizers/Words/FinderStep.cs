namespace Kvasir.Models;

/// <summary>Splits by what a finder finds, with each of the behaviours that tokenizer files know.</summary>
/// <param name="finder">Finds the matches.</param>
/// <param name="behavior">What becomes of them.</param>
/// <param name="invert">Whether what stands between matches counts as the match.</param>
/// <param name="next">Gets the pieces.</param>
internal sealed class FinderStep(PieceFinder finder, SplitBehavior behavior, bool invert, WordStep next) : WordStep
{
    public override void Run(ReadOnlySpan<char> text, bool first, List<int> output)
    {
        var matches = new List<(int Start, int End)>();
        finder.Find(text, matches);
        var pieces = new List<(int Start, int End, bool IsMatch)>((2 * matches.Count) + 1);
        int done = 0;
        foreach (var (start, end) in matches)
        {
            if (start > done)
                pieces.Add((done, start, invert));
            pieces.Add((start, end, !invert));
            done = end;
        }

        if (done < text.Length)
            pieces.Add((done, text.Length, invert));
        Combine(pieces);
        foreach (var (start, end, isMatch) in pieces)
        {
            if (end > start && !(isMatch && behavior == SplitBehavior.Removed))
                next.Run(text[start..end], first && start == 0, output);
        }
    }

    private void Combine(List<(int Start, int End, bool IsMatch)> pieces)
    {
        switch (behavior)
        {
            case SplitBehavior.Contiguous:
                Merge(pieces, (before, piece) => before.IsMatch == piece.IsMatch);
                break;
            case SplitBehavior.MergedWithPrevious:
                Merge(pieces, (before, piece) => piece.IsMatch && !before.IsMatch);
                break;
            case SplitBehavior.MergedWithNext:
                MergeBackwards(pieces);
                break;
        }
    }

    // Whether pieces are joined depends on the ones that were found, not on what they were joined to.
    private static void Merge(
        List<(int Start, int End, bool IsMatch)> pieces, Func<(int Start, int End, bool IsMatch), (int Start, int End, bool IsMatch), bool> joins)
    {
        int kept = 0;
        for (int i = 0; i < pieces.Count; i++)
        {
            var piece = pieces[i];
            if (kept > 0 && joins(pieces[kept - 1], piece))
                pieces[kept - 1] = (pieces[kept - 1].Start, piece.End, piece.IsMatch);
            else
                pieces[kept++] = piece;
        }

        pieces.RemoveRange(kept, pieces.Count - kept);
    }

    private static void MergeBackwards(List<(int Start, int End, bool IsMatch)> pieces)
    {
        int kept = pieces.Count;
        for (int i = pieces.Count - 1; i >= 0; i--)
        {
            var piece = pieces[i];
            if (kept < pieces.Count && piece.IsMatch && !pieces[kept].IsMatch)
                pieces[kept] = (piece.Start, pieces[kept].End, true);
            else
                pieces[--kept] = piece;
        }

        pieces.RemoveRange(0, kept);
    }
}
