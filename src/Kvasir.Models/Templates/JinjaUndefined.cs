namespace Kvasir.Models;

/// <summary>What a missing name or member gives: prints as nothing, is false, and has no members.</summary>
internal sealed class JinjaUndefined
{
    public static readonly JinjaUndefined Instance = new();

    private JinjaUndefined()
    {
    }
}
