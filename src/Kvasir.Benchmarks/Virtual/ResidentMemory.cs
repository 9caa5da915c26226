using System.Globalization;
using Kvasir.KvCache.Virtual;

namespace Kvasir.Benchmarks.Virtual;

/// <summary>What the system says of the memory under a space.</summary>
internal static unsafe class ResidentMemory
{
    /// <summary>Bytes in memory, every page counted once however often it is mapped.</summary>
    public static long Bytes(VirtualKvSpace space)
    {
        var first = (nint)space.SlotAddress(0);
        var end = first + (nint)(space.Geometry.AllSlotBytes + space.Geometry.HomeBytes);
        var bytes = 0L;
        var inside = false;
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            var range = line.Split(' ', 2)[0].Split('-');
            if (range.Length == 2 && nint.TryParse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var from))
                inside = from >= first && from < end;
            else if (inside && line.StartsWith("Pss:", StringComparison.Ordinal))
                bytes += 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }

        return bytes;
    }
}
