namespace Kvasir.KvCache.Compression.Profiles;

/// <summary>What was measured of a model, each read when a policy first asks for it.</summary>
/// <param name="heads">Reads the head profile; null when there is none.</param>
/// <param name="ranks">Reads the rank profile; null when there is none.</param>
/// <param name="scopes">Reads from the weights how far heads see; null when they see everything.</param>
public sealed class ModelProfiles(Func<HeadProfile?> heads, Func<RankProfile?> ranks, Func<AlibiScopes?> scopes)
{
    private readonly Lazy<HeadProfile?> _heads = new(heads);
    private readonly Lazy<RankProfile?> _ranks = new(ranks);
    private readonly Lazy<AlibiScopes?> _scopes = new(scopes);

    /// <summary>Profiles that are there already.</summary>
    public ModelProfiles(HeadProfile? heads, RankProfile? ranks = null, AlibiScopes? scopes = null)
        : this(() => heads, () => ranks, () => scopes)
    {
    }

    /// <summary>Nothing was measured.</summary>
    public static ModelProfiles None { get; } = new(null, (RankProfile?)null);

    /// <summary>The head profile, or null.</summary>
    public HeadProfile? Heads => _heads.Value;

    /// <summary>The rank profile, or null.</summary>
    public RankProfile? Ranks => _ranks.Value;

    /// <summary>How far heads see, or null.</summary>
    public AlibiScopes? Scopes => _scopes.Value;

    /// <summary>Whether there is one of a kind.</summary>
    public bool Has(ProfileKind kind) => kind switch
    {
        ProfileKind.Heads => Heads is not null,
        ProfileKind.Ranks => Ranks is not null,
        ProfileKind.Scopes => Scopes is not null,
        _ => true,
    };
}
