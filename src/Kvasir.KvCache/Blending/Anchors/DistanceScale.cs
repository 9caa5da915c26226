namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>What a distance is divided by before the softmax over anchors; it decides everything.</summary>
public enum DistanceScale
{
    /// <summary>Nothing, as published: a norm over whole caches grows with their size, so that everything looks shareable as texts get longer.</summary>
    Published,

    /// <summary>
    /// The mean distance of the anchors in question: what counts is how much nearer one is than the others, whatever the length, the model and the
    /// norm.
    /// </summary>
    Relative,
}
