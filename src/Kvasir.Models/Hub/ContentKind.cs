namespace Kvasir.Models.Hub;

/// <summary>What a server gave when it was asked for a part of a file.</summary>
internal enum ContentKind
{
    /// <summary>The part, or its beginning.</summary>
    Part,

    /// <summary>The whole file from its first byte.</summary>
    Whole,
}
