namespace Kvasir.Engine.Compression;

/// <summary>What a compression policy cost: wall time on the engine's thread.</summary>
/// <param name="Attention">Computing weights and mass again for the policy to look at.</param>
/// <param name="Choice">Keeping books, choosing rows, copying or dropping them.</param>
public readonly record struct ChoiceTime(TimeSpan Attention, TimeSpan Choice)
{
    /// <summary>Both.</summary>
    public TimeSpan Whole => Attention + Choice;
}
