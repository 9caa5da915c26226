namespace Kvasir.Grammars.Json;

/// <summary>
/// A schema as an intersection of schemas of the document, each plain or negated: what an instance's child must be. Two names for the
/// same set are equal, so that recursive schemas become recursive rules.
/// </summary>
internal sealed class Conjunction : IEquatable<Conjunction>
{
    private Conjunction(int[] literals) => Literals = literals;

    /// <summary>Anything.</summary>
    public static Conjunction True { get; } = new([]);

    /// <summary>Nothing: not the schema 0, which is <c>true</c>.</summary>
    public static Conjunction False { get; } = new([1]);

    /// <summary>Sorted; twice the schema's number, and one more where it is negated.</summary>
    public int[] Literals { get; }

    public bool IsTrue => Literals.Length == 0;

    public bool IsFalse => Literals is [1];

    public static Conjunction Of(int schema) => schema == 0 ? True : new Conjunction([schema * 2]);

    public static Conjunction Not(int literal) => literal == 1 ? True : new Conjunction([literal ^ 1]);

    public Conjunction And(Conjunction other)
    {
        if (IsFalse || other.IsTrue)
            return this;
        if (other.IsFalse || IsTrue)
            return other;
        int[] all = [.. Literals.Concat(other.Literals).Distinct().Order()];
        for (var i = 1; i < all.Length; i++)
        {
            if (all[i] == (all[i - 1] | 1) && all[i - 1] != all[i])
                return False;
        }

        return new Conjunction(all);
    }

    /// <summary>Whether each instance of this is surely one of <paramref name="other"/>.</summary>
    public bool Implies(Conjunction other) => IsFalse || other.Literals.All(literal => Literals.Contains(literal));

    public bool Equals(Conjunction? other) => other is not null && Literals.AsSpan().SequenceEqual(other.Literals);

    public override bool Equals(object? obj) => Equals(obj as Conjunction);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var literal in Literals)
            hash.Add(literal);
        return hash.ToHashCode();
    }
}
