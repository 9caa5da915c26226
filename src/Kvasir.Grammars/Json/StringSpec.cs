using Kvasir.Grammars.Automata;

namespace Kvasir.Grammars.Json;

/// <summary>Strings as a language of their contents.</summary>
internal sealed record StringSpec(Dfa Contents) : Spec
{
    public static StringSpec Free { get; } = new(Dfa.Anything);
}
