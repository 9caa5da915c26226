namespace Kvasir.Models;

/// <summary>Reads the <c>normalizer</c> of a tokenizer.json.</summary>
internal static class NormalizerJson
{
    private const int MaxDepth = 4;
    private const int MaxParts = 64;

    /// <returns>Null when text stays as it is.</returns>
    public static TextNormalizer? Read(JsonField root)
    {
        if (root.Find("normalizer") is not { } field)
            return null;
        var parts = new List<TextNormalizer>();
        Add(field, parts, 0);
        return parts.Count == 0 ? null : new NormalizerSequence(root.Path, parts);
    }

    /// <summary>A replacement, which decoders know too.</summary>
    public static TextNormalizer Replacement(JsonField field)
    {
        var pattern = field.Get("pattern");
        string content = field.Get("content").String();
        if (pattern.Find("String")?.String() is not { } literal)
            return new RegexReplaceNormalizer(new SplitRegex(field.Path, pattern.Get("Regex").String()), content);
        return literal.Length > 0
            ? new ReplaceNormalizer(literal, content)
            : throw new UnsupportedModelException(field.Path, "a replacement of the empty text is not supported");
    }

    private static void Add(JsonField field, List<TextNormalizer> parts, int depth)
    {
        string type = field.Get("type").String();
        if (type == "Sequence" && depth < MaxDepth)
        {
            foreach (var part in field.Get("normalizers").Items())
                Add(part, parts, depth + 1);
            return;
        }

        if (parts.Count == MaxParts)
            throw field.Error($"more than {MaxParts} normalizers");
        parts.Add(type switch
        {
            "NFC" => new FormNormalizer(compose: true, compatible: false),
            "NFD" => new FormNormalizer(compose: false, compatible: false),
            "NFKC" => new FormNormalizer(compose: true, compatible: true),
            "NFKD" => new FormNormalizer(compose: false, compatible: true),
            "Lowercase" => new LowercaseNormalizer(),
            "Strip" => new StripNormalizer(Flag(field, "strip_left", true), Flag(field, "strip_right", true)),
            "StripAccents" => new StripAccentsNormalizer(),
            "Replace" => Replacement(field),
            "Prepend" => new PrependNormalizer(field.Get("prepend").String()),
            "Nmt" => new NmtNormalizer(),
            "ByteLevel" => new ByteLevelNormalizer(),
            "BertNormalizer" => Bert(field),
            "Precompiled" => new PrecompiledNormalizer(new CharsMap(field.Path, Base64(field.Get("precompiled_charsmap")))),
            _ => throw new UnsupportedModelException(field.Path, $"the normalizer \"{type}\" is not supported"),
        });
    }

    private static BertNormalizer Bert(JsonField field)
    {
        bool lowercase = Flag(field, "lowercase", true);
        return new BertNormalizer(
            Flag(field, "clean_text", true), Flag(field, "handle_chinese_chars", true), field.Find("strip_accents")?.Bool() ?? lowercase, lowercase);
    }

    private static bool Flag(JsonField field, string name, bool otherwise) => field.Find(name)?.Bool() ?? otherwise;

    private static byte[] Base64(JsonField field)
    {
        try
        {
            return Convert.FromBase64String(field.String());
        }
        catch (FormatException e)
        {
            throw new ModelFormatException(field.Path, $"the precompiled character map is not valid base64: {e.Message}", e);
        }
    }
}
