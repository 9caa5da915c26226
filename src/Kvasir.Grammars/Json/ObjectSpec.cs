using Kvasir.Grammars.Automata;

namespace Kvasir.Grammars.Json;

/// <summary>Objects: named members in order, and all other names by region.</summary>
internal sealed record ObjectSpec : Spec
{
    public static ObjectSpec Free { get; } = new();

    /// <summary>The members that are named, in the order they are written in.</summary>
    public IReadOnlyList<KeyValuePair<string, Conjunction>> Members { get; init; } = [];

    public IReadOnlySet<string> Required { get; init; } = new HashSet<string>();

    /// <summary>Disjoint languages of names that together hold all names; members' own entries come first.</summary>
    public IReadOnlyList<(Dfa Names, Conjunction Value)> Rest { get; init; } = [(Dfa.Anything, Conjunction.True)];

    public int Min { get; init; }

    public int? Max { get; init; }

    public bool Names(string name) => Members.Any(member => member.Key == name);

    public Conjunction At(string name)
    {
        foreach (var member in Members)
        {
            if (member.Key == name)
                return member.Value;
        }

        return Rest.First(region => region.Names.Matches(name)).Value;
    }

    public ObjectSpec With(string name, Conjunction value)
    {
        var members = Members.ToList();
        var at = members.FindIndex(member => member.Key == name);
        if (at < 0)
            members.Add(new(name, value));
        else
            members[at] = new(name, value);
        return this with { Members = members };
    }

    public ObjectSpec Requiring(string name) => this with { Required = new HashSet<string>(Required) { name } };
}
