namespace Kvasir.Numerics.Fusion;

/// <summary>A box of points: what one thread does at a time. Ends are exclusive.</summary>
public readonly record struct Region(long Left, long Right, int Top, int Bottom, int Front, int Back)
{
    /// <summary>All points of an extent.</summary>
    public static Region Of(Extent extent) => new(0, extent.Width, 0, extent.Height, 0, extent.Planes);

    /// <summary>The part in one plane, and there within an extent.</summary>
    internal Region Clip(int plane, Extent extent) =>
        new(Left, Math.Min(Right, extent.Width), Top, Math.Min(Bottom, extent.Height), plane, plane + 1);
}
