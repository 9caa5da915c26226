using System.Runtime.InteropServices;

namespace Kvasir.KvCache.Identity;

/// <summary>
/// Names what a KV block holds: a chained 256-bit hash over the scope (model, layout, numerics profile, salt, adapter) and all tokens up
/// to the block's end. Keys find blocks; the tokens themselves are compared before a block is used, so a collision is a miss.
/// </summary>
public readonly record struct BlockKey
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = 32;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    /// <summary>Creates a key from its <see cref="Size"/> bytes.</summary>
    public BlockKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new ArgumentException($"a block key has {Size} bytes, not {bytes.Length}", nameof(bytes));
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        (_a, _b, _c, _d) = (words[0], words[1], words[2], words[3]);
    }

    /// <summary>Writes the key's bytes.</summary>
    public void CopyTo(Span<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes[..Size]);
        (words[0], words[1], words[2], words[3]) = (_a, _b, _c, _d);
    }

    /// <summary>Sixty-four well mixed bits that depend on all of the key: the same in every process, unlike a hash code.</summary>
    internal ulong Mix() => Mix64(Mix64(Mix64(Mix64(_a) ^ _b) ^ _c) ^ _d);

    /// <summary>Hexadecimal.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>A bijection in which every bit of the result depends on every bit of the value (the finaliser of MurmurHash 3).</summary>
    internal static ulong Mix64(ulong value)
    {
        value = (value ^ (value >> 33)) * 0xff51afd7ed558ccdUL;
        value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53UL;
        return value ^ (value >> 33);
    }
}
