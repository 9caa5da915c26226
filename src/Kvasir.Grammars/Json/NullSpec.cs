namespace Kvasir.Grammars.Json;

internal sealed record NullSpec : Spec
{
    public static NullSpec Instance { get; } = new();
}
