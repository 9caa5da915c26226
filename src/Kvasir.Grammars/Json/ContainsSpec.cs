namespace Kvasir.Grammars.Json;

/// <summary>From <paramref name="Min"/> to <paramref name="Max"/> items are instances of <paramref name="Item"/>.</summary>
internal sealed record ContainsSpec(Conjunction Item, int Min, int? Max);
