namespace Kvasir.Models;

/// <summary>How queries and keys are normed before they are rotated.</summary>
public enum QueryKeyNorm
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Every head alone, with one weight <c>[headDim]</c> for all.</summary>
    Head,

    /// <summary>Every head alone, each with a weight of its own, <c>[heads, headDim]</c>.</summary>
    EachHead,

    /// <summary>All heads together, weight <c>[heads * headDim]</c>.</summary>
    Whole,
}
