namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>How finely the offsets of several anchors are mixed.</summary>
public enum OffsetWeighting
{
    /// <summary>One weight an anchor, that of the prediction, as the paper's equations have it.</summary>
    Anchor,

    /// <summary>A weight for each token of a placeholder, and one for each channel of the segment behind it, as the authors' code has it.</summary>
    Fine,
}
