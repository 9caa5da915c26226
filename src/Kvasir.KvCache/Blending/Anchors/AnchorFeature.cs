namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>What two texts are compared by when it is decided whether one may borrow the other's offsets.</summary>
public enum AnchorFeature
{
    /// <summary>The values of all layers, as the authors' code does.</summary>
    Values,

    /// <summary>The values of the first layer: a linear image of the token embeddings, which the paper compares.</summary>
    FirstValues,
}
