using System.Text;

namespace Kvasir.Models.Tests.Support;

/// <summary>Writes SentencePiece's tokenizer.model and the same vocabulary as GGUF.</summary>
internal static class SentencePieceModels
{
    /// <summary>The file, in the wire format of protocol buffers (sentencepiece_model.proto).</summary>
    public static byte[] File(IReadOnlyList<(string Piece, float Score, TokenKind Kind)> pieces, bool unigram, bool removeSpaces, byte[]? charsMap = null, bool addPrefix = true)
    {
        var file = new MemoryStream();
        foreach (var (piece, score, kind) in pieces)
        {
            var part = new MemoryStream();
            Bytes(part, 1, Encoding.UTF8.GetBytes(piece));
            part.WriteByte((2 << 3) | 5);
            part.Write(BitConverter.GetBytes(score));
            Number(part, 3, (ulong)kind);
            Bytes(file, 1, part.ToArray());
        }

        var trainer = new MemoryStream();
        Number(trainer, 3, unigram ? 1u : 2u);
        Number(trainer, 35, pieces.Any(p => p.Kind == TokenKind.Byte) ? 1u : 0u);
        Number(trainer, 40, 0);
        Number(trainer, 41, 1);
        Number(trainer, 42, 2);
        Bytes(file, 2, trainer.ToArray());
        var normalizer = new MemoryStream();
        Bytes(normalizer, 1, "test"u8.ToArray());
        if (charsMap is not null)
            Bytes(normalizer, 2, charsMap);
        Number(normalizer, 3, addPrefix ? 1u : 0u);
        Number(normalizer, 4, removeSpaces ? 1u : 0u);
        Number(normalizer, 5, 1);
        Bytes(file, 3, normalizer.ToArray());
        return file.ToArray();
    }

    /// <summary>A vocabulary over the nasty strings' parts: characters, frequent pieces, and bytes if asked for.</summary>
    public static IReadOnlyList<(string Piece, float Score, TokenKind Kind)> Vocabulary(bool bytes, int seed)
    {
        var random = new Random(seed);
        var pieces = new List<(string, float, TokenKind)> { ("<unk>", 0, TokenKind.Unknown), ("<s>", 0, TokenKind.Control), ("</s>", 0, TokenKind.Control) };
        if (bytes)
            pieces.AddRange(Enumerable.Range(0, 256).Select(b => ($"<0x{b:X2}>", 0f, TokenKind.Byte)));
        var seen = new HashSet<string>();
        foreach (string part in NastyStrings.All.Take(200).Where(p => p.Length < 30))
        {
            var characters = ("\u2581" + part.Replace(' ', '\u2581')).EnumerateRunes().Select(r => r.ToString()).ToList();
            for (int start = 0; start < characters.Count; start++)
            {
                string piece = "";
                for (int length = 0; length < Math.Min(6, characters.Count - start); length++)
                {
                    piece += characters[start + length];
                    bool keep = piece[0] >= ' ' && (length == 0 ? piece[0] < 0x3000 : random.Next(3) > 0);
                    if (keep && !piece.Contains('<', StringComparison.Ordinal) && seen.Add(piece))
                        pieces.Add((piece, length == 0 ? -20 - (random.Next(100) / 8f) : -10 + length - (random.Next(64) / 8f), TokenKind.Normal));
                }
            }
        }

        return pieces;
    }

    private static void Bytes(MemoryStream output, int field, byte[] data)
    {
        Varint(output, ((ulong)field << 3) | 2);
        Varint(output, (ulong)data.Length);
        output.Write(data);
    }

    private static void Number(MemoryStream output, int field, ulong value)
    {
        Varint(output, (ulong)field << 3);
        Varint(output, value);
    }

    private static void Varint(MemoryStream output, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            output.WriteByte((byte)(value | 0x80));
        output.WriteByte((byte)value);
    }
}
