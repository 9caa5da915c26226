namespace Kvasir.Numerics.Fusion;

/// <summary>The first chain's planes, then the second's.</summary>
/// <param name="firstPlanes">Planes of the first chain.</param>
public readonly struct InOrder(int firstPlanes) : ISelector
{
    public (bool Second, int Plane) Select(int plane) => plane < firstPlanes ? (false, plane) : (true, plane - firstPlanes);
}
