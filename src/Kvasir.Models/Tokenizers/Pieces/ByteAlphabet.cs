using System.Text;

namespace Kvasir.Models;

/// <summary>GPT-2's printable stand-ins for the 256 bytes, in which byte-level vocabularies are written.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] CharOf = BuildChars();
    private static readonly short[] ByteOf = BuildBytes();

    public static char ToChar(byte value) => CharOf[value];

    /// <summary>A text's UTF-8 bytes, each as its stand-in.</summary>
    public static string Encode(ReadOnlySpan<char> text)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        return string.Create(bytes.Length, bytes, static (chars, source) =>
        {
            for (int i = 0; i < chars.Length; i++)
                chars[i] = CharOf[source[i]];
        });
    }

    /// <summary>The bytes of a vocabulary entry; one with a character outside the alphabet stands for its own UTF-8.</summary>
    public static byte[] Decode(string piece)
    {
        var bytes = new byte[piece.Length];
        for (int i = 0; i < piece.Length; i++)
        {
            int value = piece[i] < ByteOf.Length ? ByteOf[piece[i]] : -1;
            if (value < 0)
                return Encoding.UTF8.GetBytes(piece);
            bytes[i] = (byte)value;
        }

        return bytes;
    }

    private static char[] BuildChars()
    {
        var chars = new char[256];
        int next = 256;
        for (int b = 0; b < 256; b++)
            chars[b] = b is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174 ? (char)b : (char)next++;
        return chars;
    }

    private static short[] BuildBytes()
    {
        var bytes = new short[512];
        Array.Fill(bytes, (short)-1);
        for (int b = 0; b < 256; b++)
            bytes[CharOf[b]] = (short)b;
        return bytes;
    }
}
