namespace Kvasir.KvCache.Compression.Profiles;

/// <summary>What a policy must know of a model before it can be used.</summary>
public enum ProfileKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A <see cref="HeadProfile"/>.</summary>
    Heads,

    /// <summary>A <see cref="RankProfile"/>.</summary>
    Ranks,

    /// <summary><see cref="AlibiScopes"/>, which a model with ALiBi tells by itself.</summary>
    Scopes,
}
