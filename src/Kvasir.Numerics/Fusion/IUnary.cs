using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Fusion;

/// <summary>
/// An operation: arithmetic on a value, and nothing else. It is static, so that it cannot know a thread, a point or memory; it is
/// written once over lanes, of which one is the scalar form. Implement it with <c>AggressiveInlining</c>.
/// </summary>
public interface IUnary
{
    static abstract T Exec<T>(T x)
        where T : unmanaged, ILanes<T>;
}
