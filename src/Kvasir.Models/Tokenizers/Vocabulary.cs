using System.Text;

namespace Kvasir.Models;

/// <summary>The tokens and merges of a byte-level BPE tokenizer, as files hold them.</summary>
internal sealed class Vocabulary
{
    /// <summary>Entries by id; null where an id is not used.</summary>
    public required string?[] Pieces { get; init; }

    public required TokenKind[] Kinds { get; init; }

    /// <summary>Pairs in the order of their rank.</summary>
    public required IReadOnlyList<(string Left, string Right)> Merges { get; init; }

    /// <summary>Whether a word that is itself an entry is taken whole, without merging.</summary>
    public bool IgnoreMerges { get; init; }

    public required SplitPattern Split { get; init; }

    public int? BosId { get; init; }

    public int? EosId { get; init; }

    public int? PadId { get; init; }

    /// <summary>Whether plain text is meant to begin with the bos token.</summary>
    public bool AddsBos { get; init; }

    public bool IsAdded(int id) => Kinds[id] is TokenKind.Control or TokenKind.UserDefined;

    public byte[] BytesOf(int id) => Pieces[id] switch
    {
        null => [],
        var piece => IsAdded(id) ? Encoding.UTF8.GetBytes(piece) : ByteAlphabet.Decode(piece),
    };
}
