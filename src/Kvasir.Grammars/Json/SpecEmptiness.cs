namespace Kvasir.Grammars.Json;

/// <summary>
/// Finds instances that cannot exist. Recursion is read as finite: what needs itself is empty. "Not empty" is final when found; "empty" only
/// where no open question was assumed on the way.
/// </summary>
internal sealed class SpecEmptiness(SchemaReader reader)
{
    private readonly Dictionary<Conjunction, bool> _known = [];
    private readonly HashSet<Conjunction> _open = [];
    private bool _assumed;

    public bool IsEmpty(Spec spec) => spec switch
    {
        ArraySpec array => IsEmptyArray(array),
        ObjectSpec anObject => IsEmptyObject(anObject),
        StringSpec text => text.Written.IsEmpty,
        NumberSpec number => number.Values is { IsEmpty: true },
        _ => false,
    };

    public bool IsEmpty(Conjunction name)
    {
        if (name.IsTrue || name.IsFalse)
            return name.IsFalse;
        if (_known.TryGetValue(name, out var known))
            return known;
        if (!_open.Add(name))
        {
            _assumed = true;
            return true;
        }

        var before = _assumed;
        _assumed = false;
        var empty = reader.Read(name).All(IsEmpty);
        _open.Remove(name);
        if (!empty || !_assumed || _open.Count == 0)
            _known[name] = empty;
        _assumed |= before;
        if (_open.Count == 0)
            _assumed = false;
        return empty;
    }

    private bool IsEmptyArray(ArraySpec array)
    {
        if (array.Max < array.Min)
            return true;
        for (var i = 0; i < Math.Min(array.Min, array.Prefix.Count + 1); i++)
        {
            if (IsEmpty(array.At(i)))
                return true;
        }

        return array.Contains.Any(contains => contains.Min > array.Max || (contains.Min > 0 &&
            Enumerable.Range(0, array.Prefix.Count + 1).All(i => i >= (array.Max ?? int.MaxValue) || IsEmpty(array.At(i).And(contains.Item)))));
    }

    private bool IsEmptyObject(ObjectSpec anObject) =>
        anObject.Required.Any(name => IsEmpty(anObject.At(name))) ||
        anObject.Max < Math.Max(anObject.Min, anObject.Required.Count) ||
        (anObject.Min > 0 && anObject.Rest.All(region => IsEmpty(region.Value)) && anObject.Members.Count(member => !IsEmpty(member.Value)) < anObject.Min);
}
