namespace Kvasir.Numerics.Fusion;

/// <summary>Which of two chains a plane of a <see cref="Divergent{TFirst, TSecond, TSelector}"/> launch belongs to.</summary>
public interface ISelector
{
    /// <summary>Whether it is the second chain, and the plane's number there.</summary>
    (bool Second, int Plane) Select(int plane);
}
