namespace Kvasir.Models;

/// <summary>A token that is looked for in text before it is cut into words.</summary>
internal sealed record AddedToken(string Text, int Id)
{
    /// <summary>Belongs to the protocol and not to the text.</summary>
    public bool Special { get; init; }

    /// <summary>Swallows white space before it.</summary>
    public bool StripLeft { get; init; }

    /// <summary>Swallows white space behind it.</summary>
    public bool StripRight { get; init; }

    /// <summary>Is found only where no word characters touch it.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Is looked for, normalized itself, in the normalized text.</summary>
    public bool Normalized { get; init; }
}
