using Kvasir.Engine.Requests;

namespace Kvasir.Benchmarks.Rag;

/// <summary>An answer and the logits behind it.</summary>
/// <param name="Answer">The answer.</param>
/// <param name="Logits">The rows that were wanted, each over the vocabulary.</param>
internal sealed record RagAnswer(Answer Answer, IReadOnlyList<float[]> Logits)
{
    public double TtftMs => Answer.Statistics.TimeToFirstToken.TotalMilliseconds;
}
