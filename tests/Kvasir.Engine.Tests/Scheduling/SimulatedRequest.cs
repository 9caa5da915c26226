namespace Kvasir.Engine.Tests.Scheduling;

/// <summary>A request of a trace, and what became of it.</summary>
internal sealed class SimulatedRequest(double arrivalSeconds, int prompt, int residual, int answer)
{
    public double ArrivalSeconds => arrivalSeconds;

    public int Prompt => prompt;

    /// <summary>Rows of the prompt that are not in the cache.</summary>
    public int Residual { get; } = residual;

    public int Left { get; set; } = residual;

    /// <summary>Tokens of the answer that are still to come.</summary>
    public int AnswerLeft { get; set; } = answer;

    public bool Running { get; set; }

    public double FirstTokenSeconds { get; set; } = double.NaN;

    public double AdmittedSeconds { get; set; } = double.NaN;

    public double Ttft => FirstTokenSeconds - arrivalSeconds;
}
