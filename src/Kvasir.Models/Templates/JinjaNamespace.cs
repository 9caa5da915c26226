namespace Kvasir.Models;

/// <summary>What <c>namespace()</c> makes: fields that set tags inside loops may change.</summary>
internal sealed class JinjaNamespace
{
    public Dictionary<string, object?> Fields { get; } = [];
}
