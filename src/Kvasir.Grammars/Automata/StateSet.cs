using System.Runtime.InteropServices;

namespace Kvasir.Grammars.Automata;

/// <summary>A sorted set of states as a key: the name of a state in a subset construction.</summary>
internal readonly struct StateSet(int[] states) : IEquatable<StateSet>
{
    private readonly int[] _states = states;

    public bool Equals(StateSet other) => _states.AsSpan().SequenceEqual(other._states);

    public override bool Equals(object? obj) => obj is StateSet other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(MemoryMarshal.AsBytes(_states.AsSpan()));
        return hash.ToHashCode();
    }
}
