namespace Kvasir.Benchmarks.Rag.Measures;

/// <summary>Whether an answer is right.</summary>
internal static class ExactMatch
{
    /// <summary>True when the answer holds an accepted one as whole words; case does not matter.</summary>
    public static bool Holds(string answer, IReadOnlyList<string> accepted) => accepted.Any(one => Holds(answer, one));

    private static bool Holds(string answer, string accepted)
    {
        for (var at = answer.IndexOf(accepted, StringComparison.OrdinalIgnoreCase); at >= 0; at = answer.IndexOf(accepted, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            var end = at + accepted.Length;
            if ((at == 0 || !char.IsLetterOrDigit(answer[at - 1])) && (end == answer.Length || !char.IsLetterOrDigit(answer[end])))
                return true;
        }

        return false;
    }
}
