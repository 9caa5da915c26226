namespace Kvasir.Engine.Sampling;

/// <summary>How the next token is chosen. The default is greedy: the most probable token, ties to the lowest id.</summary>
/// <remarks>
/// Order of the steps: logit bias, penalties, temperature, top-k, top-p, min-p, draw. The draw takes its noise from
/// (<see cref="Seed"/>, choice, position, token) and from nothing else, so a seeded answer does not depend on the batch it ran in
/// (numerics contract, rule 5).
/// </remarks>
public sealed record SamplingOptions
{
    /// <summary>Greedy decoding.</summary>
    public static SamplingOptions Greedy { get; } = new();

    /// <summary>Softmax temperature in <c>[0, 100]</c>; 0 is greedy.</summary>
    public float Temperature { get; init; }

    /// <summary>Keep the K most probable tokens; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Keep the smallest set of most probable tokens whose mass reaches this, in <c>(0, 1]</c>; 1 keeps all.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Keep tokens at least this fraction as probable as the most probable one, in <c>[0, 1)</c>.</summary>
    public float MinP { get; init; }

    /// <summary>Divides positive and multiplies negative logits of tokens seen in prompt or answer (Keskar et al. 2019); 1 is off.</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Subtracted once from the logit of every token of the answer so far.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Subtracted from a token's logit for each time it stands in the answer so far.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Added to the logits of single tokens.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>Seed of the noise.</summary>
    public ulong Seed { get; init; }

    /// <summary>True when no noise is drawn.</summary>
    public bool IsGreedy => Temperature == 0;

    /// <summary>True when logits must be changed before the choice.</summary>
    internal bool ChangesLogits =>
        RepetitionPenalty != 1 || PresencePenalty != 0 || FrequencyPenalty != 0 || LogitBias is { Count: > 0 };

    /// <summary>Throws when a value is out of its range.</summary>
    /// <exception cref="ArgumentException">Names the option, the value and the range.</exception>
    public void Validate(int vocabularySize)
    {
        Check(Temperature is >= 0 and <= 100, nameof(Temperature), Temperature, "0 to 100");
        Check(TopK >= 0, nameof(TopK), TopK, "0 (all) or more");
        Check(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0, at most 1");
        Check(MinP is >= 0 and < 1, nameof(MinP), MinP, "0 to below 1");
        Check(RepetitionPenalty is > 0 and <= 100, nameof(RepetitionPenalty), RepetitionPenalty, "above 0, at most 100");
        Check(PresencePenalty is >= -100 and <= 100, nameof(PresencePenalty), PresencePenalty, "-100 to 100");
        Check(FrequencyPenalty is >= -100 and <= 100, nameof(FrequencyPenalty), FrequencyPenalty, "-100 to 100");
        if (LogitBias is null)
            return;
        foreach (var (token, bias) in LogitBias)
        {
            Check((uint)token < (uint)vocabularySize, nameof(LogitBias), token, $"token ids 0 to {vocabularySize - 1}");
            Check(!float.IsNaN(bias), nameof(LogitBias), bias, "a number");
        }
    }

    private static void Check<T>(bool valid, string name, T value, string range)
    {
        if (!valid)
            throw new ArgumentException(FormattableString.Invariant($"{name} is {value}; allowed: {range}"), name);
    }
}
