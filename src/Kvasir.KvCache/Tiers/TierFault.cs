namespace Kvasir.KvCache.Tiers;

/// <summary>Why a read from a tier failed.</summary>
public enum TierFault
{
    /// <summary>The object is not there any more.</summary>
    Missing,

    /// <summary>Its bytes are not those that were stored, or were not stored for this key, layout or profile.</summary>
    Damaged,

    /// <summary>The medium fails or does not answer.</summary>
    Unavailable,

    /// <summary>Its rows are not what the model computes from the rows before them.</summary>
    Forged,
}
