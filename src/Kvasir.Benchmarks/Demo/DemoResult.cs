namespace Kvasir.Benchmarks.Demo;

/// <summary>A question asked twice: without any reuse, and behind a document that had been read.</summary>
/// <param name="Question">The question.</param>
/// <param name="Cold">Computed from nothing.</param>
/// <param name="Reused">With the document's keys and values from the cache.</param>
/// <param name="BitsEqual">True when every logits row and every token of the two answers is the same, bit for bit.</param>
public sealed record DemoResult(DemoQuestion Question, DemoRun Cold, DemoRun Reused, bool BitsEqual)
{
    /// <summary>Whether the answer is right; null when nobody knows.</summary>
    public bool? IsRight => Question.IsRight(Reused.Text);

    /// <summary>How many times sooner the first token came.</summary>
    public double Speedup => Cold.TimeToFirstToken / Reused.TimeToFirstToken;
}
