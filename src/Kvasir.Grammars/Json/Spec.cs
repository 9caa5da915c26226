namespace Kvasir.Grammars.Json;

/// <summary>The instances of one JSON type that a schema allows. A schema is a union of these.</summary>
internal abstract record Spec
{
    /// <summary>Every instance there is.</summary>
    public static IReadOnlyList<Spec> Everything { get; } =
        [NullSpec.Instance, new BooleanSpec(true, true), NumberSpec.Free, StringSpec.Free, ArraySpec.Free, ObjectSpec.Free];
}
