namespace Kvasir.Benchmarks.ScBench.Workloads;

/// <summary>A context and several questions about different places of it.</summary>
/// <param name="Instruction">What the model is told before the context; may be empty.</param>
/// <param name="Context">The context.</param>
/// <param name="Turns">The questions in their order.</param>
internal sealed record ScSession(string Instruction, string Context, IReadOnlyList<ScTurn> Turns)
{
    /// <summary>Everything before the first question: the same for every question, byte by byte.</summary>
    public string Prefix => Instruction.Length == 0 ? $"{Context}\n\n" : $"{Instruction}\n\n{Context}\n\n";
}
