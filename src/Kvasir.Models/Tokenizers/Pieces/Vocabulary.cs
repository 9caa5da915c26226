namespace Kvasir.Models;

/// <summary>A tokenizer's entries, as files hold them.</summary>
internal sealed class Vocabulary
{
    /// <summary>Entries by id; null where an id is not used.</summary>
    public required string?[] Pieces { get; init; }

    public required TokenKind[] Kinds { get; init; }

    public int? BosId { get; init; }

    public int? EosId { get; init; }

    public int? PadId { get; init; }

    /// <summary>Whether plain text is meant to begin with the bos token.</summary>
    public bool AddsBos { get; init; }

    public bool IsAdded(int id) => Kinds[id] is TokenKind.Control or TokenKind.UserDefined;

    /// <summary>
    /// What a model may find in text. Special tokens are left out: where they are not looked for as such, text must not become one.
    /// </summary>
    public Dictionary<string, int> TextIds()
    {
        var ids = new Dictionary<string, int>(Pieces.Length);
        for (int id = 0; id < Pieces.Length; id++)
        {
            if (Pieces[id] is { Length: > 0 } piece && Kinds[id] is not (TokenKind.Control or TokenKind.Unused))
                ids.TryAdd(piece, id);
        }

        return ids;
    }

    /// <summary>The ids of the byte tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>, special or not; -1 for those that there are not.</summary>
    public int[] ByteIds()
    {
        var bytes = new int[256];
        Array.Fill(bytes, -1);
        for (int id = 0; id < Pieces.Length; id++)
        {
            if (Pieces[id] is { Length: 6 } piece && ByteFallbackDecode.TryByte(piece, out byte value) && bytes[value] < 0)
                bytes[value] = id;
        }

        return bytes;
    }
}
