using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>As many floats as there can be lanes.</summary>
[InlineArray(16)]
internal struct LaneBuffer
{
    private float _first;
}
