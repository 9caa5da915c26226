namespace Kvasir.Models;

/// <summary>Whether a layer has a weight.</summary>
internal enum WeightNeed
{
    /// <summary>No.</summary>
    Never,

    /// <summary>If the file has it.</summary>
    Optional,

    /// <summary>Yes.</summary>
    Always,
}
