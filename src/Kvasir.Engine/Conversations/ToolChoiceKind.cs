namespace Kvasir.Engine.Conversations;

/// <summary>Whether functions are called.</summary>
public enum ToolChoiceKind
{
    /// <summary>The model decides.</summary>
    Auto,

    /// <summary>No function is called; the model is not told of any.</summary>
    None,

    /// <summary>At least one function is called.</summary>
    Required,

    /// <summary>The named function is called.</summary>
    Named,
}
