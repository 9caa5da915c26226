namespace Kvasir.Benchmarks.Speed;

/// <summary>What to time.</summary>
public sealed record SpeedOptions
{
    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokens { get; init; } = 512;

    /// <summary>Tokens of the answer; at least 2, because the first one ends the prefill.</summary>
    public int DecodeTokens { get; init; } = 64;

    /// <summary>Timed runs; one more, untimed, comes before them.</summary>
    public int Runs { get; init; } = 3;

    /// <exception cref="ArgumentException">Names the option, the value and the range.</exception>
    internal void Validate()
    {
        Check(PromptTokens >= 1, nameof(PromptTokens), PromptTokens, "1 or more");
        Check(DecodeTokens >= 2, nameof(DecodeTokens), DecodeTokens, "2 or more, because the first token ends the prefill");
        Check(Runs is >= 1 and <= 1000, nameof(Runs), Runs, "1 to 1000");
    }

    private static void Check(bool valid, string name, int value, string range)
    {
        if (!valid)
            throw new ArgumentException($"{name} is {value}; allowed: {range}", name);
    }
}
