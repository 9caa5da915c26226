namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>Why a text may borrow offsets, or may not.</summary>
public enum PredictionOutcome
{
    /// <summary>Few anchors are much nearer than the others: their offsets will do.</summary>
    Shareable,

    /// <summary>γ is 0: nothing is reused.</summary>
    Off,

    /// <summary>Fewer than two anchors are long enough.</summary>
    FewAnchors,

    /// <summary>The text is longer than every anchor.</summary>
    TooLong,

    /// <summary>The weights are spread over the anchors: none is near.</summary>
    Uncertain,
}
