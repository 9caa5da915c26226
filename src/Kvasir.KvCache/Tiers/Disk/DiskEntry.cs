using System.Globalization;
using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>What the books say of an object. Changed under the tier's lock only, but for <see cref="File"/>, which has its own.</summary>
internal sealed class DiskEntry
{
    private const string Extension = ".kv";

    public required BlockKey Key { get; init; }

    public required BlockKey Parent { get; init; }

    /// <summary>Tells files of the same key apart: one may still be read when the next is written.</summary>
    public required uint Generation { get; init; }

    public required string Tenant { get; init; }

    public required int FirstToken { get; init; }

    public required int Tokens { get; init; }

    public required int PromptTokens { get; init; }

    public required long Bytes { get; init; }

    public required DateTimeOffset Created { get; init; }

    public DateTimeOffset LastUse { get; set; }

    public long Uses { get; set; }

    /// <summary>Who wants it kept until it is let go, or null.</summary>
    public string? KeptBy { get; set; }

    /// <summary>Pins that are held.</summary>
    public int Pins { get; set; }

    /// <summary>True once it is not found any more.</summary>
    public bool Hidden { get; set; }

    /// <summary>Guards <see cref="File"/>.</summary>
    public Lock FileGate { get; } = new();

    /// <summary>Its file while somebody has pinned and read it.</summary>
    public ObjectFile? File { get; set; }

    /// <summary>Its file's name below the folder of objects.</summary>
    public string Name => NameOf(Key, Generation);

    public static string NameOf(BlockKey key, uint generation)
    {
        var text = key.ToString();
        return Path.Combine(text[..2], string.Create(CultureInfo.InvariantCulture, $"{text}.{generation:x8}{Extension}"));
    }

    /// <summary>Reads a file's name (without folders); false when it is none of an object.</summary>
    public static bool TryParseName(string name, out BlockKey key, out uint generation)
    {
        const int keyDigits = 2 * BlockKey.Size;
        const int generationDigits = 2 * sizeof(uint);
        (key, generation) = (default, 0);
        if (name.Length != keyDigits + 1 + generationDigits + Extension.Length || name[keyDigits] != '.' || !name.EndsWith(Extension, StringComparison.Ordinal))
            return false;
        Span<byte> bytes = stackalloc byte[BlockKey.Size];
        if (Convert.FromHexString(name.AsSpan(0, keyDigits), bytes, out _, out _) != System.Buffers.OperationStatus.Done
            || !uint.TryParse(name.AsSpan(keyDigits + 1, generationDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out generation))
            return false;
        key = new BlockKey(bytes);

        // Upper case would be a second name of the same object.
        return string.Equals(Path.GetFileName(NameOf(key, generation)), name, StringComparison.Ordinal);
    }

    public TierEntry ToTierEntry() =>
        new(Key, Tenant, FirstToken, Tokens, Bytes, Created, LastUse, Uses, Pins > 0 || KeptBy is not null);
}
