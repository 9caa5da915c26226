using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>Whose KV a folder or an archive holds: what all of its scopes have in common.</summary>
/// <param name="ModelFingerprint">Fingerprint of the model, hexadecimal, <see cref="BlockKey.Size"/> bytes.</param>
/// <param name="NumericsProfile">Names everything that changes bits.</param>
/// <param name="Geometry">How chunks are cut.</param>
public sealed record StoreIdentity(string ModelFingerprint, string NumericsProfile, ChunkGeometry Geometry)
{
    /// <summary>Most tokens of a chunk; bounds what a file may claim.</summary>
    public const int MaxChunkTokens = 1 << 14;

    internal const int MaxProfileLength = 4096;
    private const int MaxDimension = 1 << 16;
    private const int MaxRecordBytes = 1 << 30;
    private const int NameDigits = 12;

    /// <summary>A folder name that tells stores of different identities apart.</summary>
    public string FolderName
    {
        get
        {
            var layout = Geometry.Layout;
            var rest = string.Create(CultureInfo.InvariantCulture, $"{NumericsProfile};{layout.Layers};{layout.KvHeads};{layout.HeadDim};{layout.Type};{layout.BlockRows};{Geometry.LayersPerRecord}");
            return $"{ModelFingerprint[..NameDigits]}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(rest)))[..NameDigits]}";
        }
    }

    /// <summary>Throws when it cannot be the identity of a store.</summary>
    /// <exception cref="ArgumentException">Says which part is wrong.</exception>
    public void Validate()
    {
        if (ModelFingerprint.Length != 2 * BlockKey.Size || !ModelFingerprint.All(char.IsAsciiHexDigitLower))
            throw new ArgumentException($"model fingerprint '{ModelFingerprint}' is not {2 * BlockKey.Size} lower-case hexadecimal digits");
        if (NumericsProfile.Length is 0 or > MaxProfileLength)
            throw new ArgumentException($"the numerics profile has {NumericsProfile.Length} characters; 1 to {MaxProfileLength} are allowed");
        var layout = Geometry.Layout;
        if (!Enum.IsDefined(layout.Type))
            throw new ArgumentException($"KV layout: there is no data type {layout.Type}");
        layout.Validate();
        if (Math.Max(Math.Max(layout.Layers, layout.KvHeads), Math.Max(layout.HeadDim, layout.BlockRows)) > MaxDimension)
            throw new ArgumentException($"KV layout {layout}: no dimension may exceed {MaxDimension}");
        if (Geometry.LayersPerRecord <= 0 || Geometry.LayersPerRecord > layout.Layers)
            throw new ArgumentException($"{Geometry.LayersPerRecord} layers a record do not fit {layout.Layers} layers");

        // In double: the product of the largest dimensions does not fit a long. HeadBytes is at most this, scales and rounding included.
        var slice = 2.0 * layout.KvHeads * ((double)layout.BlockRows * layout.HeadDim * (sizeof(float) + 1) + 64);
        if (slice * Geometry.LayersPerRecord > MaxRecordBytes || slice * layout.Layers > int.MaxValue)
            throw new ArgumentException($"KV layout {layout}: a record is larger than {MaxRecordBytes} bytes, or a block than {int.MaxValue}");
    }
}
