namespace Kvasir.Benchmarks.Rag.Scheduling;

/// <summary>A request of a simulated trace, and what became of it.</summary>
/// <param name="arrivalSeconds">When it comes.</param>
/// <param name="prompt">Tokens of its prompt.</param>
/// <param name="residual">Those of them that must be computed.</param>
/// <param name="answer">Tokens of its answer.</param>
internal sealed class QueuedRequest(double arrivalSeconds, int prompt, int residual, int answer)
{
    public double ArrivalSeconds => arrivalSeconds;

    public int Prompt => prompt;

    /// <summary>Rows of the prompt that had to be computed when it came.</summary>
    public int Residual { get; } = residual;

    /// <summary>Rows of the prompt that are still to be computed.</summary>
    public int Left { get; set; } = residual;

    /// <summary>Tokens of the answer that are still to come.</summary>
    public int AnswerLeft { get; set; } = answer;

    public bool Running { get; set; }

    public double TtftSeconds { get; set; } = double.NaN;
}
