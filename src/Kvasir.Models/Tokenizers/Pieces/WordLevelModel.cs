namespace Kvasir.Models;

/// <summary>Whole words, and one token for those that are not entries; null when these are dropped.</summary>
internal sealed class WordLevelModel(Dictionary<string, int> ids, int? unknown) : PieceModel
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids = ids.GetAlternateLookup<ReadOnlySpan<char>>();

    public override void Encode(ReadOnlySpan<char> word, List<int> output)
    {
        if (_ids.TryGetValue(word, out int id))
            output.Add(id);
        else if (unknown is { } other)
            output.Add(other);
    }
}
