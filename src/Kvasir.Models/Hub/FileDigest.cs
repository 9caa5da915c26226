using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Kvasir.Models.Hub;

/// <summary>
/// What a file's bytes must have: SHA-256 of the bytes (large files, Git LFS), or the SHA-1 that Git names a blob with, over
/// "blob LENGTH\0" and the bytes.
/// </summary>
internal readonly record struct FileDigest
{
    private const string LargePrefix = "sha256:";
    private const string BlobPrefix = "git:";
    private const int BufferBytes = 1 << 20;

    private FileDigest(bool large, string hex)
    {
        IsLarge = large;
        Hex = hex;
    }

    public bool IsLarge { get; }

    /// <summary>Lower-case digits.</summary>
    public string Hex { get; }

    public static FileDigest? Large(string? hex) => IsHex(hex, 64) ? new FileDigest(true, hex!.ToLowerInvariant()) : null;

    public static FileDigest? Blob(string? hex) => IsHex(hex, 40) ? new FileDigest(false, hex!.ToLowerInvariant()) : null;

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static FileDigest? Parse(string text) =>
        text.StartsWith(LargePrefix, StringComparison.Ordinal) ? Large(text[LargePrefix.Length..])
        : text.StartsWith(BlobPrefix, StringComparison.Ordinal) ? Blob(text[BlobPrefix.Length..])
        : null;

    public static bool IsHex(string? text, int length) => text is not null && text.Length == length && text.All(char.IsAsciiHexDigit);

    /// <summary>The digest of the same kind that a file has.</summary>
    public async Task<FileDigest> OfAsync(string path, CancellationToken cancellation)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        using var hash = IncrementalHash.CreateHash(IsLarge ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (!IsLarge)
            hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {file.Length}\0")));
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            while ((read = await file.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
                hash.AppendData(buffer.AsSpan(0, read));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return new FileDigest(IsLarge, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    public override string ToString() => (IsLarge ? LargePrefix : BlobPrefix) + Hex;
}
