namespace Kvasir.Models;

/// <summary>
/// Which UTF-16 units stand side by side in some entry. Pairs share bits, so a pair that does not occur may be found all the same; one that
/// occurs is always found.
/// </summary>
internal sealed class NeighbourSet
{
    private const int Bits = 1 << 20;

    private readonly ulong[] _words = new ulong[Bits / 64];

    public NeighbourSet(IEnumerable<string> entries)
    {
        foreach (string entry in entries)
        {
            for (int i = 1; i < entry.Length; i++)
            {
                uint bit = Bit(entry[i - 1], entry[i]);
                _words[bit >> 6] |= 1UL << (int)(bit & 63);
            }
        }
    }

    public bool Contains(char left, char right)
    {
        uint bit = Bit(left, right);
        return (_words[bit >> 6] >> (int)(bit & 63) & 1) != 0;
    }

    private static uint Bit(char left, char right) => (((uint)left << 16 | right) * 0x9E37_79B1u) >> 12;
}
