namespace Kvasir.Benchmarks.Demo;

/// <summary>What the demo measured.</summary>
/// <param name="Results">One a question, in order.</param>
/// <param name="DocumentTokens">Prompt tokens that all questions have in common: the document with the chat format before it.</param>
/// <param name="ReadTime">What it took to read them once.</param>
public sealed record DemoReport(IReadOnlyList<DemoResult> Results, int DocumentTokens, TimeSpan ReadTime)
{
    /// <summary>Questions with a known answer.</summary>
    public int Scored => Results.Count(result => result.IsRight is not null);

    /// <summary>Right answers among them.</summary>
    public int Right => Results.Count(result => result.IsRight is true);

    /// <summary>True when every answer had the bits of its cold run.</summary>
    public bool AllBitsEqual => Results.All(result => result.BitsEqual);

    /// <summary>Middle value of the questions' gain in time to first token.</summary>
    public double MedianSpeedup => Results.Select(result => result.Speedup).Order().ElementAt(Results.Count / 2);
}
