namespace Kvasir.Models.Tests.Support;

/// <summary>A model that keeps the words that it is given.</summary>
internal sealed class WordRecorder : PieceModel
{
    public List<string> Words { get; } = [];

    public override void Encode(ReadOnlySpan<char> word, List<int> output) => Words.Add(word.ToString());
}
