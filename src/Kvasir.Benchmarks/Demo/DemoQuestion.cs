namespace Kvasir.Benchmarks.Demo;

/// <summary>A question about a document.</summary>
/// <param name="Question">As it is asked.</param>
/// <param name="Accepted">Right answers; an answer that contains one of them counts. Empty when nobody knows.</param>
public sealed record DemoQuestion(string Question, IReadOnlyList<string> Accepted)
{
    /// <summary>Whether the answer is right; null when nobody knows.</summary>
    public bool? IsRight(string answer) =>
        Accepted.Count == 0 ? null : Accepted.Any(right => answer.Contains(right, StringComparison.OrdinalIgnoreCase));
}
