namespace Kvasir.Engine.Compression;

/// <summary>What a compression policy cost: wall time on the engine's thread.</summary>
/// <param name="Attention">Computing weights again for the policy to look at; mass that is added up along with attention is not in it.</param>
/// <param name="Choice">Keeping books and choosing rows, merging them included.</param>
/// <param name="Moves">Copying rows that stay, and filling the places of those that go.</param>
public readonly record struct ChoiceTime(TimeSpan Attention, TimeSpan Choice, TimeSpan Moves)
{
    /// <summary>All of it.</summary>
    public TimeSpan Whole => Attention + Choice + Moves;
}
