namespace Kvasir.Models;

/// <summary>Which pieces get a mark before them.</summary>
internal enum MetaspacePrepend
{
    Always,
    Never,

    /// <summary>Only the piece at the beginning of the text.</summary>
    First,
}
