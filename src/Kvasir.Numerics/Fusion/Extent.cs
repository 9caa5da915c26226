using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>How many points something has. 0 says "as many as the others": a constant, or a row that is the same in every plane.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Planes">Items of a batch.</param>
public readonly record struct Extent(long Width, int Height = 0, int Planes = 0)
{
    /// <summary>Fits everything.</summary>
    public static Extent Any => default;

    /// <summary>
    /// What two parts of a chain have in common. This is the batch rule: what has one value for all planes is repeated in each, and two
    /// batches must be equally long.
    /// </summary>
    /// <exception cref="ArgumentException">Two sizes differ.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Extent Combine(Extent a, Extent b) => new(
        Common(a.Width, b.Width, "columns"),
        (int)Common(a.Height, b.Height, "rows"),
        (int)Common(a.Planes, b.Planes, "planes"));

    /// <summary>The extent of a launch: one row and one plane where nobody asks for more.</summary>
    /// <exception cref="ArgumentException">Nothing in the chain has a width.</exception>
    internal Extent Resolve()
    {
        if (Width <= 0)
            Refuse();
        return new(Width, Math.Max(Height, 1), Math.Max(Planes, 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Common(long a, long b, string what) => a == b || b == 0 ? a : a == 0 ? b : Refuse(a, b, what);

    private static void Refuse() =>
        throw new ArgumentException("nothing in the chain says how many columns there are; read or write memory of a known width");

    private static long Refuse(long a, long b, string what) =>
        throw new ArgumentException($"{a} {what} meet {b}; parts of a chain have equally many {what}, or one value for all");
}
