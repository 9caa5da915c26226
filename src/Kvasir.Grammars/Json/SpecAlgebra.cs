using Kvasir.Grammars.Automata;

namespace Kvasir.Grammars.Json;

/// <summary>Intersection and difference of instances.</summary>
internal static class SpecAlgebra
{
    private const int MostSpecs = 1024;

    public static List<Spec> Intersect(IReadOnlyList<Spec> left, IReadOnlyList<Spec> right)
    {
        if (ReferenceEquals(left, Spec.Everything))
            return [.. right];
        if (ReferenceEquals(right, Spec.Everything))
            return [.. left];
        var result = new List<Spec>();
        foreach (var a in left)
        {
            foreach (var b in right)
            {
                if (Intersect(a, b) is { } both)
                    result.Add(both);
                Check(result);
            }
        }

        return result;
    }

    public static List<Spec> Subtract(IReadOnlyList<Spec> left, IReadOnlyList<Spec> right, Func<Spec, bool> isEmpty)
    {
        List<Spec> result = [.. left];
        foreach (var b in right)
        {
            var next = new List<Spec>();
            foreach (var a in result)
            {
                if (Intersect(a, b) is not { } both || isEmpty(both))
                    next.Add(a);
                else
                    next.AddRange(Subtract(a, b));
                Check(next);
            }

            result = next;
        }

        return result;
    }

    /// <summary>What both allow; null where that is surely nothing.</summary>
    public static Spec? Intersect(Spec left, Spec right) => (left, right) switch
    {
        (NullSpec, NullSpec) => left,
        (BooleanSpec a, BooleanSpec b) => Some(a.AllowsTrue && b.AllowsTrue, a.AllowsFalse && b.AllowsFalse),
        (NumberSpec a, NumberSpec b) => a.Values is null ? b : b.Values is null ? a : Some(a.Values.Intersect(b.Values)),
        (StringSpec a, StringSpec b) => a.Contents.Intersect(b.Contents) is { IsEmpty: false } contents ? new StringSpec(contents, a.IsDisputed || b.IsDisputed) : null,
        (ArraySpec a, ArraySpec b) => Intersect(a, b),
        (ObjectSpec a, ObjectSpec b) => Intersect(a, b),
        _ => null,
    };

    private static BooleanSpec? Some(bool allowsTrue, bool allowsFalse) => allowsTrue || allowsFalse ? new BooleanSpec(allowsTrue, allowsFalse) : null;

    private static NumberSpec? Some(Dfa values) => values.IsEmpty ? null : new NumberSpec(values);

    private static ArraySpec? Intersect(ArraySpec a, ArraySpec b)
    {
        var prefix = new Conjunction[Math.Max(a.Prefix.Count, b.Prefix.Count)];
        for (var i = 0; i < prefix.Length; i++)
            prefix[i] = a.At(i).And(b.At(i));
        var result = new ArraySpec
        {
            Prefix = prefix,
            Rest = a.Rest.And(b.Rest),
            Min = Math.Max(a.Min, b.Min),
            Max = Least(a.Max, b.Max),
            Contains = [.. a.Contains.Concat(b.Contains).Distinct()],
            Unique = a.Unique || b.Unique,
        };
        return result.Max < result.Min ? null : result;
    }

    private static ObjectSpec? Intersect(ObjectSpec a, ObjectSpec b)
    {
        var members = a.Members.Select(member => KeyValuePair.Create(member.Key, member.Value.And(b.At(member.Key))))
            .Concat(b.Members.Where(member => !a.Names(member.Key)).Select(member => KeyValuePair.Create(member.Key, member.Value.And(a.At(member.Key)))));
        var rest = new List<(Dfa, Conjunction)>();
        foreach (var (names, value) in a.Rest)
        {
            foreach (var (otherNames, otherValue) in b.Rest)
            {
                var both = names.Intersect(otherNames);
                if (!both.IsEmpty)
                    rest.Add((both, value.And(otherValue)));
            }
        }

        var result = new ObjectSpec
        {
            Members = [.. members],
            Required = new HashSet<string>(a.Required.Concat(b.Required)),
            Rest = rest,
            Min = Math.Max(a.Min, b.Min),
            Max = Least(a.Max, b.Max),
        };
        return result.Max < result.Min || result.Required.Count > result.Max || result.Required.Any(name => result.At(name).IsFalse) ? null : result;
    }

    private static List<Spec> Subtract(Spec left, Spec right) => (left, right) switch
    {
        (NullSpec, NullSpec) => [],
        (BooleanSpec a, BooleanSpec b) => Some(a.AllowsTrue && !b.AllowsTrue, a.AllowsFalse && !b.AllowsFalse) is { } some ? [some] : [],
        (NumberSpec a, NumberSpec b) => b.Values is null ? [] : Some(a.Canonical.Except(b.Values)) is { } some ? [some] : [],
        (StringSpec a, StringSpec b) => a.Contents.Except(b.Contents) is { IsEmpty: false } contents ? [new StringSpec(contents, a.IsDisputed || b.IsDisputed)] : [],
        (ArraySpec a, ArraySpec b) => [.. ArrayDifference(a, b)],
        (ObjectSpec a, ObjectSpec b) => [.. ObjectDifference(a, b)],
        _ => [left],
    };

    private static IEnumerable<Spec> ArrayDifference(ArraySpec a, ArraySpec b)
    {
        if (b.Unique && !a.Unique)
            throw new GrammarException("arrays that are not unique cannot be told apart; avoid 'not' and overlapping 'oneOf' over uniqueItems");
        var parts = new List<ArraySpec?>();
        if (b.Min > 0)
            parts.Add(Intersect(a, new ArraySpec { Max = b.Min - 1 }));
        if (b.Max is { } max)
            parts.Add(Intersect(a, new ArraySpec { Min = max + 1 }));
        var named = Math.Max(a.Prefix.Count, b.Prefix.Count);
        for (var i = 0; i < named; i++)
        {
            foreach (var literal in Missing(a.At(i), b.At(i)))
                parts.Add(Intersect(a, new ArraySpec { Prefix = [.. Enumerable.Repeat(Conjunction.True, i), Conjunction.Not(literal)], Min = i + 1 }));
        }

        if (b.Rest.IsFalse)
            parts.Add(a.Rest.IsFalse ? null : Intersect(a, new ArraySpec { Min = named + 1 }));
        else
        {
            foreach (var literal in Missing(a.Rest, b.Rest))
            {
                if (named > 0)
                    throw new GrammarException("arrays with leading items cannot be told apart by their later items; make the alternatives disjoint");
                parts.Add(Intersect(a, new ArraySpec { Contains = [new ContainsSpec(Conjunction.Not(literal), 1, null)] }));
            }
        }

        foreach (var contains in b.Contains)
        {
            if (contains.Min > 0)
                parts.Add(Intersect(a, new ArraySpec { Contains = [contains with { Min = 0, Max = contains.Min - 1 }] }));
            if (contains.Max is { } most)
                parts.Add(Intersect(a, new ArraySpec { Contains = [contains with { Min = most + 1, Max = null }] }));
        }

        return parts.Where(part => part is not null)!;
    }

    private static IEnumerable<Spec> ObjectDifference(ObjectSpec a, ObjectSpec b)
    {
        var parts = new List<ObjectSpec?>();
        foreach (var name in b.Required)
        {
            if (!a.Required.Contains(name))
                parts.Add(Intersect(a, ObjectSpec.Free.With(name, Conjunction.False)));
        }

        foreach (var name in a.Members.Concat(b.Members).Select(member => member.Key).Distinct())
        {
            foreach (var literal in Missing(a.At(name), b.At(name)))
                parts.Add(Intersect(a, ObjectSpec.Free.With(name, Conjunction.Not(literal)).Requiring(name)));
        }

        if (b.Min > 0)
            parts.Add(Intersect(a, new ObjectSpec { Max = b.Min - 1 }));
        if (b.Max is { } max)
            parts.Add(Intersect(a, new ObjectSpec { Min = max + 1 }));

        // A name that neither knows may break b only where a would let it in.
        var known = Union([.. a.Members.Concat(b.Members).Select(member => member.Key).Distinct()]);
        foreach (var (names, value) in a.Rest)
        {
            foreach (var (otherNames, otherValue) in b.Rest)
            {
                if (value.Implies(otherValue))
                    continue;
                var both = names.Intersect(otherNames).Except(known);
                if (both.IsEmpty)
                    continue;
                var few = both.Enumerate(16)
                    ?? throw new GrammarException("objects cannot be told apart by names that no alternative lists; list the properties or set additionalProperties to false");
                foreach (var name in few)
                {
                    foreach (var literal in Missing(value, otherValue))
                        parts.Add(Intersect(a, ObjectSpec.Free.With(name, Conjunction.Not(literal)).Requiring(name)));
                }
            }
        }

        return parts.Where(part => part is not null)!;
    }

    /// <summary>A language of exactly these texts.</summary>
    public static Dfa Union(IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
            return Dfa.Nothing;
        var nfa = new Nfa();
        var start = nfa.Add();
        var end = nfa.Add();
        foreach (var text in texts)
            nfa.Embed(start, Dfa.Literal(text), end);
        return nfa.ToDfa(start, end);
    }

    public static int? Least(int? a, int? b) => a is null ? b : b is null ? a : Math.Min(a.Value, b.Value);

    private static IEnumerable<int> Missing(Conjunction has, Conjunction needs) =>
        has.IsFalse ? [] : needs.Literals.Where(literal => !has.Literals.Contains(literal));

    private static void Check(List<Spec> specs)
    {
        if (specs.Count > MostSpecs)
            throw new GrammarException($"combining the alternatives gives more than {MostSpecs} cases; use fewer or disjoint alternatives");
    }
}
