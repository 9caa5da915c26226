namespace Kvasir.KvCache.Blending;

/// <summary>What a policy decides from which reused rows are repaired beside the next token of the answer.</summary>
public readonly ref struct AnswerSnapshot
{
    /// <summary>Attention mass of the newest token on each reused row <c>[rows]</c>.</summary>
    public required ReadOnlySpan<float> Mass { get; init; }

    /// <summary>Distance of each reused row from the true one at the check layer <c>[rows]</c>; 0 for rows that are repaired.</summary>
    public required ReadOnlySpan<float> Deviation { get; init; }
}
