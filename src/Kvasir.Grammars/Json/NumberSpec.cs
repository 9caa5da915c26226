using Kvasir.Grammars.Automata;

namespace Kvasir.Grammars.Json;

/// <summary>Numbers as a language of canonical decimals, one text a value; null: every number in every spelling.</summary>
internal sealed record NumberSpec(Dfa? Values) : Spec
{
    public static NumberSpec Free { get; } = new((Dfa?)null);

    public Dfa Canonical => Values ?? NumberLanguages.Canonical;
}
