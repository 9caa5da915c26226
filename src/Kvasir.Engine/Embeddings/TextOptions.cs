namespace Kvasir.Engine.Embeddings;

/// <summary>How a text becomes the tokens that are embedded.</summary>
public sealed record TextOptions
{
    /// <summary>
    /// Name of a prompt in the model's files that stands before the text (<c>query</c>, <c>document</c> …); the files' default when null, none
    /// when empty.
    /// </summary>
    public string? PromptName { get; init; }

    /// <summary>True to cut a text that is too long at its end; false to refuse it.</summary>
    public bool Truncate { get; init; }
}
