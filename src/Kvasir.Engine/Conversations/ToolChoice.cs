namespace Kvasir.Engine.Conversations;

/// <summary>Whether and which functions an answer calls.</summary>
public sealed record ToolChoice
{
    private ToolChoice(ToolChoiceKind kind, string? function)
    {
        Kind = kind;
        Function = function;
    }

    /// <summary>The model decides.</summary>
    public static ToolChoice Auto { get; } = new(ToolChoiceKind.Auto, null);

    /// <summary>No function is called.</summary>
    public static ToolChoice None { get; } = new(ToolChoiceKind.None, null);

    /// <summary>At least one function is called.</summary>
    public static ToolChoice Required { get; } = new(ToolChoiceKind.Required, null);

    /// <summary>The kind.</summary>
    public ToolChoiceKind Kind { get; }

    /// <summary>The function of <see cref="Named"/>; otherwise null.</summary>
    public string? Function { get; }

    /// <summary>This function is called.</summary>
    public static ToolChoice Named(string function) => new(ToolChoiceKind.Named, function);
}
