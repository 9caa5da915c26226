namespace Kvasir.Engine.Receipts;

/// <summary>The adapter that an answer was computed with.</summary>
/// <param name="Name">What the request called it; for people, since another engine may call it otherwise.</param>
/// <param name="Fingerprint">SHA-256 over all that it adds, hexadecimal.</param>
/// <param name="Scale">The factor that it was loaded with.</param>
public sealed record ReceiptAdapter(string Name, string Fingerprint, float Scale);
