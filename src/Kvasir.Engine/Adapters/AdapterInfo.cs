namespace Kvasir.Engine.Adapters;

/// <summary>A loaded adapter.</summary>
/// <param name="Name">What requests call it.</param>
/// <param name="Path">Where it came from.</param>
/// <param name="Fingerprint">SHA-256 over all that it adds, hexadecimal.</param>
/// <param name="Scale">The factor that it was loaded with, beside the file's own.</param>
/// <param name="Rank">Its largest rank.</param>
/// <param name="Bytes">Its memory.</param>
/// <param name="Sequences">Answers under way that use it.</param>
public sealed record AdapterInfo(string Name, string Path, string Fingerprint, float Scale, int Rank, long Bytes, int Sequences);
