namespace Kvasir.KvCache.Tiers.Archives;

/// <summary>A key whose archives are taken.</summary>
/// <param name="Fingerprint">SHA-256 of the public key, hexadecimal.</param>
/// <param name="Name">What the list calls it; may be empty.</param>
public sealed record TrustedKey(string Fingerprint, string Name);
