namespace Kvasir.Grammars.Json;

internal sealed record BooleanSpec(bool AllowsTrue, bool AllowsFalse) : Spec;
