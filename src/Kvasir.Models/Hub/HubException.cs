namespace Kvasir.Models.Hub;

/// <summary>A hub did not give what was asked for. The message says what to do; it never has a token in it.</summary>
public sealed class HubException(HubProblem problem, string message, Exception? inner = null) : Exception(message, inner)
{
    public HubProblem Problem { get; } = problem;
}
