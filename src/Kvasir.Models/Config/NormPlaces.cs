namespace Kvasir.Models;

/// <summary>Where a decoder layer norms, for attention and for the feed-forward block alike.</summary>
[Flags]
public enum NormPlaces
{
    /// <summary>The block's input.</summary>
    Input = 1,

    /// <summary>The block's output, before it is added to the residual stream.</summary>
    Output = 2,

    /// <summary>The residual stream, after the block's output was added.</summary>
    Residual = 4,
}
