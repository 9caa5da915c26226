namespace Kvasir.Models.Tests.Support;

/// <summary>Damages files at random.</summary>
internal static class Damaged
{
    /// <summary>A copy with one to three changes in its first <paramref name="header"/> bytes, or a shortened one.</summary>
    public static byte[] Bytes(byte[] good, Random random, int header)
    {
        var bytes = (byte[])good.Clone();
        int changes = random.Next(1, 4);
        for (int i = 0; i < changes; i++)
        {
            int at = random.Next(header);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    random.NextBytes(bytes.AsSpan(at, Math.Min(8, bytes.Length - at)));
                    break;
                case 3:
                    bytes.AsSpan(at, Math.Min(8, bytes.Length - at)).Fill((byte)(random.Next(2) * 255));
                    break;
                default:
                    return bytes[..random.Next(bytes.Length)];
            }
        }

        return bytes;
    }
}
