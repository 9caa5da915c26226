namespace Kvasir.Models;

/// <summary>Reads the <c>pre_tokenizer</c> of a tokenizer.json: how text is cut into words.</summary>
internal static class WordStepJson
{
    private const int MaxDepth = 4;
    private const int MaxParts = 16;

    /// <summary>The steps of the file, flat and in order.</summary>
    public static IReadOnlyList<JsonField> Flatten(JsonField root)
    {
        var parts = new List<JsonField>();
        if (root.Find("pre_tokenizer") is { } field)
            Add(field, parts, 0);
        return parts;
    }

    /// <summary>Whether the last step writes bytes, so that a byte-pair model can work on these.</summary>
    public static bool EndsInBytes(IReadOnlyList<JsonField> parts) =>
        parts.Count > 0 && Type(parts[^1]) == "ByteLevel" && parts.Take(parts.Count - 1).All(p => Type(p) != "ByteLevel");

    /// <summary>The steps as patterns alone, or null when they are more than that.</summary>
    public static ByteLevelSplit? Patterns(IReadOnlyList<JsonField> parts)
    {
        if (!EndsInBytes(parts) || parts.Count > ByteLevelSplit.MaxPatterns)
            return null;
        var patterns = new List<string>();
        bool prefix = false;
        foreach (var part in parts)
        {
            switch (Type(part))
            {
                case "ByteLevel":
                    // A space before each piece is another thing than one before the text.
                    prefix = part.Find("add_prefix_space")?.Bool() ?? true;
                    if (prefix && patterns.Count > 0)
                        return null;
                    if (part.Find("use_regex")?.Bool() ?? true)
                        patterns.Add(SplitPatterns.Gpt2);
                    break;
                case "Split" when Behavior(part) == SplitBehavior.Isolated && !Invert(part) && part.Get("pattern").Find("Regex")?.String() is { } regex:
                    patterns.Add(regex);
                    break;

                // Removing what does not match is isolating what does, where a pattern matches everything.
                case "Split" when Behavior(part) == SplitBehavior.Removed && Invert(part) && part.Get("pattern").Find("Regex")?.String() is SplitPatterns.O200k or SplitPatterns.Cl100k:
                    patterns.Add(part.Get("pattern").Get("Regex").String());
                    break;
                case "Digits":
                    patterns.Add(part.Find("individual_digits")?.Bool() ?? false ? SplitPatterns.SingleNumbers : SplitPatterns.Numbers);
                    break;
                default:
                    return null;
            }
        }

        return new ByteLevelSplit(patterns, prefix);
    }

    /// <summary>The steps of the file before a model.</summary>
    /// <param name="endsInBytes">Whether the model itself takes the bytes that the last step would write.</param>
    public static WordStep Chain(IReadOnlyList<JsonField> parts, bool endsInBytes, PieceModel model)
    {
        WordStep step = new ModelStep(model);
        for (int i = parts.Count - 1; i >= 0; i--)
            step = Before(parts[i], step, endsInBytes && i == parts.Count - 1);
        return step;
    }

    private static void Add(JsonField field, List<JsonField> parts, int depth)
    {
        if (Type(field) == "Sequence" && depth < MaxDepth)
        {
            foreach (var part in field.Get("pretokenizers").Items())
                Add(part, parts, depth + 1);
            return;
        }

        if (parts.Count == MaxParts)
            throw field.Error($"more than {MaxParts} pre-tokenizers");
        parts.Add(field);
    }

    private static WordStep Before(JsonField field, WordStep next, bool modelTakesBytes)
    {
        switch (Type(field))
        {
            case "ByteLevel":
                var step = modelTakesBytes ? next : new ByteAlphabetStep(next);
                if (field.Find("use_regex")?.Bool() ?? true)
                    step = SplitPatterns.Step(field.Path, SplitPatterns.Gpt2, step);
                return field.Find("add_prefix_space")?.Bool() ?? true ? new PrefixSpaceStep(step) : step;
            case "Split":
                return Split(field, next);
            case "Digits":
                bool single = field.Find("individual_digits")?.Bool() ?? false;
                return new FinderStep(CharacterFinder.Numbers, single ? SplitBehavior.Isolated : SplitBehavior.Contiguous, false, next);
            case "Punctuation":
                var behavior = field.Find("behavior") is null ? SplitBehavior.Isolated : Behavior(field);
                return new FinderStep(CharacterFinder.Punctuation, behavior, false, next);
            case "Whitespace":
                return new FinderStep(new WordFinder(), SplitBehavior.Removed, true, next);
            case "WhitespaceSplit":
                return new FinderStep(CharacterFinder.Spaces, SplitBehavior.Removed, false, next);
            case "BertPreTokenizer":
                var words = new FinderStep(CharacterFinder.Punctuation, SplitBehavior.Isolated, false, next);
                return new FinderStep(CharacterFinder.Spaces, SplitBehavior.Removed, false, words);
            case "CharDelimiterSplit":
                return new FinderStep(new LiteralFinder(Character(field, "delimiter").ToString()), SplitBehavior.Removed, false, next);
            case "FixedLength":
                return new FinderStep(new FixedLengthFinder(field.Find("length")?.Int(1, 1 << 20) ?? 5), SplitBehavior.Isolated, false, next);
            case "Metaspace":
                return Metaspace(field, next);
            case var type:
                throw new UnsupportedModelException(field.Path, $"the pre_tokenizer type \"{type}\" is not supported");
        }
    }

    private static WordStep Split(JsonField field, WordStep next)
    {
        var behavior = Behavior(field);
        bool invert = Invert(field);
        var pattern = field.Get("pattern");
        if (pattern.Find("String")?.String() is { } literal)
        {
            return literal.Length > 0
                ? new FinderStep(new LiteralFinder(literal), behavior, invert, next)
                : throw new UnsupportedModelException(field.Path, "a split at the empty text is not supported");
        }

        string regex = pattern.Get("Regex").String();
        bool isolates = behavior == SplitBehavior.Isolated || (behavior == SplitBehavior.Removed && invert && regex is SplitPatterns.O200k or SplitPatterns.Cl100k);
        return isolates && (!invert || behavior == SplitBehavior.Removed)
            ? SplitPatterns.Step(field.Path, regex, next)
            : new FinderStep(new SplitRegex(field.Path, regex), behavior, invert, next);
    }

    private static MetaspaceStep Metaspace(JsonField field, WordStep next)
    {
        var prepend = field.Find("prepend_scheme")?.String() switch
        {
            "always" => MetaspacePrepend.Always,
            "never" => MetaspacePrepend.Never,
            "first" => MetaspacePrepend.First,
            null => field.Find("add_prefix_space")?.Bool() ?? true ? MetaspacePrepend.Always : MetaspacePrepend.Never,
            var other => throw new UnsupportedModelException(field.Path, $"the prepend_scheme \"{other}\" is not supported"),
        };
        return new MetaspaceStep(Character(field, "replacement"), prepend, field.Find("split")?.Bool() ?? true, next);
    }

    /// <summary>A member that is one character of the basic plane.</summary>
    public static char Character(JsonField field, string name) =>
        field.Get(name).String() is { Length: 1 } text ? text[0] : throw field.Error($"\"{name}\" must be one character");

    private static SplitBehavior Behavior(JsonField field) => field.Get("behavior").String() switch
    {
        "Removed" => SplitBehavior.Removed,
        "Isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" => SplitBehavior.MergedWithNext,
        "Contiguous" => SplitBehavior.Contiguous,
        var other => throw new UnsupportedModelException(field.Path, $"the split behaviour \"{other}\" is not supported"),
    };

    private static bool Invert(JsonField field) => field.Find("invert")?.Bool() ?? false;

    private static string Type(JsonField field) => field.Get("type").String();
}
