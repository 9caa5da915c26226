using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Kvasir.Models.Tests.Support;

/// <summary>
/// What the reference library gave for the nasty strings (Fixtures/tokenizers/expected.bin): for each of <see cref="SyntheticTokenizers"/>
/// eight bytes that tell the tokenizer and the strings, then two bytes a string, of the digest of its tokens and of what they decode to.
/// </summary>
internal static class ExpectedTokens
{
    private static readonly string[] Strings = [.. NastyStrings.All];

    public static ulong Key(string json) =>
        BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(json + '\0' + string.Join('\0', Strings.Select(WellFormed.Text)))));

    public static ushort Digest(int[] ids, int[] whole, string decoded) =>
        BitConverter.ToUInt16(SHA256.HashData([.. MemoryMarshal.AsBytes(ids.AsSpan()), .. MemoryMarshal.AsBytes(whole.AsSpan()), .. Encoding.UTF8.GetBytes(decoded)]));

    /// <summary>The digests of one tokenizer, in the order of the strings.</summary>
    public static ushort[] Read(int tokenizer, out ulong key)
    {
        var data = File.ReadAllBytes(Fixtures.PathOf("tokenizers", "expected.bin"));
        var part = data.AsSpan(tokenizer * (8 + (2 * Strings.Length)), 8 + (2 * Strings.Length));
        key = BitConverter.ToUInt64(part);
        return MemoryMarshal.Cast<byte, ushort>(part[8..]).ToArray();
    }
}
