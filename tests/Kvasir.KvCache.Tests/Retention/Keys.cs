using System.Buffers.Binary;
using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Tests.Retention;

/// <summary>Keys that differ in one number only, as poor as keys can be.</summary>
internal static class Keys
{
    public static BlockKey Of(int number)
    {
        Span<byte> bytes = stackalloc byte[BlockKey.Size];
        bytes.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], number);
        return new BlockKey(bytes);
    }

    public static int Number(BlockKey key)
    {
        Span<byte> bytes = stackalloc byte[BlockKey.Size];
        key.CopyTo(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
    }

    public static bool Any(BlockKey key) => true;
}
