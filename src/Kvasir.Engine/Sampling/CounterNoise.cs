using System.Runtime.CompilerServices;
using Kvasir.Numerics;

namespace Kvasir.Engine.Sampling;

/// <summary>
/// Noise as a function of (seed, choice, position, token): the same draw whatever else is in the batch, in whatever order
/// (numerics contract, rule 5).
/// </summary>
/// <remarks>
/// A token is drawn from a softmax by adding independent Gumbel noise to the logits and taking the largest (Gumbel-max, e.g.
/// Maddison et al. 2014, "A* Sampling"). Only IEEE additions, multiplications and divisions are used, so the bits are the same on
/// every machine.
/// </remarks>
internal readonly struct CounterNoise
{
    /// <summary>The largest number below 1: no uniform value drawn here exceeds it.</summary>
    private const double MaxUniform = 1 - (1.0 / (1UL << 53));

    /// <summary>No Gumbel value drawn here exceeds this: -ln(-ln(1 - 2^-53)) &lt; 36.8.</summary>
    public const double MaxGumbel = 37.5;

    private readonly ulong _key;

    public CounterNoise(ulong seed, int choice, int position)
    {
        var key = Mix(seed + 0x9E3779B97F4A7C15UL);
        key = Mix(key ^ ((ulong)(uint)choice * 0xD6E8FEB86659FD93UL));
        _key = Mix(key ^ ((ulong)(uint)position * 0xA0761D6478BD642FUL));
    }

    /// <summary>A standard Gumbel value for a token.</summary>
    public double Gumbel(int token)
    {
        var bits = Mix(_key ^ ((ulong)(uint)token * 0xE7037ED1A0B428DBUL));

        // The half is lost to rounding in the upper half of the range, and the topmost value would be 1, whose Gumbel value is infinite.
        var uniform = Math.Min(((bits >> 11) + 0.5) * (1.0 / (1UL << 53)), MaxUniform);
        return -Elementary.Log(-Elementary.Log(uniform));
    }

    /// <summary>A bijection of 64 bits with good avalanche (the finaliser of SplitMix64, Steele et al. 2014).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
