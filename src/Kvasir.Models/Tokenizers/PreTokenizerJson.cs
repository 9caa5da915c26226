namespace Kvasir.Models;

/// <summary>Reads the <c>pre_tokenizer</c> of a tokenizer.json: how text is cut into words.</summary>
internal static class PreTokenizerJson
{
    private const int MaxDepth = 4;

    public static SplitPattern Read(JsonField root)
    {
        var patterns = new List<string>();
        bool prefixSpace = false;
        bool byteLevel = false;
        if (root.Find("pre_tokenizer") is { } field)
            Add(field, patterns, ref prefixSpace, ref byteLevel, 0);
        if (!byteLevel)
        {
            throw new UnsupportedModelException(
                root.Path, "the pre_tokenizer has no ByteLevel part; only byte-level BPE tokenizers are supported, not SentencePiece ones");
        }

        return new SplitPattern(root.Path, patterns, prefixSpace);
    }

    private static void Add(JsonField field, List<string> patterns, ref bool prefixSpace, ref bool byteLevel, int depth)
    {
        string type = field.Get("type").String();
        switch (type)
        {
            case "Sequence" when depth < MaxDepth:
                foreach (var part in field.Get("pretokenizers").Items())
                    Add(part, patterns, ref prefixSpace, ref byteLevel, depth + 1);
                return;
            case "ByteLevel":
                byteLevel = true;
                prefixSpace |= field.Find("add_prefix_space")?.Bool() ?? true;
                if (field.Find("use_regex")?.Bool() ?? true)
                    patterns.Add(SplitPattern.Gpt2);
                return;
            case "Split":
                string behavior = field.Get("behavior").String();
                bool invert = field.Find("invert")?.Bool() ?? false;

                // Removing what does not match is the same as isolating what does, when the pattern covers all text.
                if (!(behavior == "Isolated" && !invert) && !(behavior == "Removed" && invert))
                {
                    throw new UnsupportedModelException(
                        field.Path, $"the pre_tokenizer's split behaviour \"{behavior}\" (invert {invert}) is not supported");
                }


                var pattern = field.Get("pattern");
                patterns.Add(pattern.Find("Regex")?.String() ?? System.Text.RegularExpressions.Regex.Escape(pattern.Get("String").String()));
                return;
            case "Digits":
                patterns.Add(field.Find("individual_digits")?.Bool() ?? false ? SplitPattern.SingleDigits : @"\p{N}+");
                return;
            default:
                throw new UnsupportedModelException(
                    field.Path, $"the pre_tokenizer type \"{type}\" is not supported; supported are Split, Digits and ByteLevel");
        }
    }
}
