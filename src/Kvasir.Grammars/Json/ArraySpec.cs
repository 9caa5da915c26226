namespace Kvasir.Grammars.Json;

/// <summary>Arrays: the first items one by one, then the rest.</summary>
internal sealed record ArraySpec : Spec
{
    public static ArraySpec Free { get; } = new();

    public IReadOnlyList<Conjunction> Prefix { get; init; } = [];

    public Conjunction Rest { get; init; } = Conjunction.True;

    public int Min { get; init; }

    public int? Max { get; init; }

    public IReadOnlyList<ContainsSpec> Contains { get; init; } = [];

    public bool Unique { get; init; }

    public Conjunction At(int index) => index < Prefix.Count ? Prefix[index] : Rest;
}
