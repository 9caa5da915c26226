using Kvasir.Grammars.Automata;

namespace Kvasir.Grammars.Json;

/// <summary>
/// Strings as a language of their contents. Where a pattern has a part in it that validators read differently, those that count UTF-16 units
/// and those that count characters, the strings on which they agree are written: those without characters beyond U+FFFF.
/// </summary>
internal sealed record StringSpec(Dfa Contents, bool IsDisputed = false) : Spec
{
    /// <summary>Strings that all validators read alike.</summary>
    public static Dfa Undisputed { get; } = new([true], [[new DfaEdge(0, 0xD7FF, 0), new DfaEdge(0xE000, 0xFFFF, 0)]]);

    public static StringSpec Free { get; } = new(Dfa.Anything);

    /// <summary>The contents that may be written.</summary>
    public Dfa Written => IsDisputed ? Contents.Intersect(Undisputed) : Contents;
}
