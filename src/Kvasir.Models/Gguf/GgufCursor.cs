using System.Buffers.Binary;
using System.Text;

namespace Kvasir.Models;

/// <summary>Reads little-endian values from a mapped file, one after the other, and never past its end.</summary>
internal sealed class GgufCursor(MappedFile file, long offset = 0)
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    public long Offset { get; private set; } = offset;

    public long Remaining => file.Length - Offset;

    public byte UInt8() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>A count that is at most <paramref name="max"/>, since each thing counted needs that many bytes of the rest.</summary>
    public long Count(string what, long max)
    {
        long at = Offset;
        ulong value = UInt64();
        return value <= (ulong)Math.Max(0, max)
            ? (long)value
            : throw new ModelFormatException(file.Path, $"{what} {value} does not fit in the file", at);
    }

    /// <summary>A length-prefixed string; it must be valid UTF-8 unless <paramref name="lenient"/>.</summary>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="maxBytes">The length at most.</param>
    /// <param name="lenient">Whether bad bytes become U+FFFD.</param>
    /// <param name="element">Which of an array of strings it is; a name for each of a hundred thousand would cost more than they do.</param>
    public string String(string what, int maxBytes, bool lenient = false, int element = -1)
    {
        long at = Offset;
        ulong length = UInt64();
        if (length > (ulong)Math.Max(0, Remaining))
            throw new ModelFormatException(file.Path, $"the length of {Name()}, {length} does not fit in the file", at);
        if (length > (ulong)maxBytes)
            throw new ModelFormatException(file.Path, $"{Name()} has {length} bytes; at most {maxBytes} are read", at);
        var bytes = Take((int)length);
        try
        {
            return (lenient ? Encoding.UTF8 : StrictUtf8).GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new ModelFormatException(file.Path, $"{Name()} (at byte {at}) is not valid UTF-8", e);
        }

        string Name() => element < 0 ? what : $"{what}[{element}]";
    }

    /// <summary>Passes over a string without decoding it.</summary>
    public void SkipString() => Skip(Count("a string's length", Remaining - 8));

    public void Skip(long bytes)
    {
        if (bytes < 0 || bytes > Remaining)
            throw new ModelFormatException(file.Path, $"{bytes} bytes were expected, but the file ends at byte {file.Length}", Offset);
        Offset += bytes;
    }

    private ReadOnlySpan<byte> Take(int bytes)
    {
        var span = file.Span(Offset, bytes);
        Offset += bytes;
        return span;
    }
}
