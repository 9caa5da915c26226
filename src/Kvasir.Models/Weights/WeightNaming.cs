using System.Globalization;

namespace Kvasir.Models;

/// <summary>The names of the weights in a family's files, as data: for each role the places where it may be, the first that is there counts.</summary>
internal sealed class WeightNaming
{
    private readonly Dictionary<WeightRole, WeightName[]> _names = [];

    public WeightNaming()
    {
    }

    public WeightNaming(WeightNaming other)
    {
        foreach (var (role, names) in other._names)
            _names.Add(role, names);
        Prefix = other.Prefix;
        InterleavedRope = other.InterleavedRope;
    }

    /// <summary>What names begin with that some files leave out, e.g. <c>transformer.</c></summary>
    public string Prefix { get; init; } = "";

    /// <summary>Rotated pairs are neighbours in the file: query and key rows are put in half-split order.</summary>
    public bool InterleavedRope { get; init; }

    /// <summary>Sets the places of a role.</summary>
    public WeightName[] this[WeightRole role]
    {
        set => _names[role] = value;
    }

    /// <summary>The first place of a role.</summary>
    public string First(WeightRole role, int layer) => Places(role, layer, 0).First().Name;

    /// <summary>The places of a role; none when the family has no such weight.</summary>
    public IEnumerable<(string Name, WeightForm Form)> Places(WeightRole role, int layer, int index)
    {
        foreach (var (pattern, form) in _names.GetValueOrDefault(role, []))
        {
            string name = string.Format(CultureInfo.InvariantCulture, pattern, layer, index);
            yield return (name, form);
            if (Prefix.Length > 0 && name.StartsWith(Prefix, StringComparison.Ordinal))
                yield return (name[Prefix.Length..], form);
        }
    }
}
