namespace Kvasir.Models;

/// <summary>The split patterns of well-known tokenizers, as their files write them, and llama.cpp's names for them.</summary>
internal static class SplitPatterns
{
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    public const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string Cl100k =
        @"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+";

    public const string Qwen2 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string Qwen35 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string Bailing =
        @"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+";

    public const string O200k =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
        + @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
        + @"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string Tekken =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|"
        + @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|"
        + @"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string Ideographs = "[一-龥぀-ゟ゠-ヿ]+";

    public const string DeepSeekWords =
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+";

    public const string SingleNumbers = @"\p{N}";
    public const string Numbers = @"\p{N}+";
    public const string Triples = @"\p{N}{1,3}";
    private const string AsciiTriples = "[0-9][0-9][0-9]";
    private const string BloomWords = " ?[^(\\s|.,!?…。，、।۔،)]+";

    // llama.cpp's names for what a vocabulary was trained with, and its patterns for them (src/llama-vocab.cpp); "default" is its fallback.
    private static readonly (string Name, string[] Patterns)[] Known =
    [
        ("llama-bpe", [Llama3]),
        ("qwen2", [Qwen2]),
        ("gpt-2", [Gpt2]),
        ("smollm", [SingleNumbers, Gpt2]),
        ("default", [@"[\p{P}\$\+<=>\^~\|]+", Gpt2, Numbers, AsciiTriples]),
        ("gpt-4o", [O200k]),
        ("tekken", [Tekken]),
        ("qwen35", [Qwen35]),
        ("deepseek-v3", [Triples, Ideographs, DeepSeekWords]),
        ("deepseek-coder", ["[\r\n]", @"\s?\p{L}+", @"\s?\p{P}+", "[一-龥ࠀ-一가-퟿]+", SingleNumbers]),
        ("deepseek-llm", ["[\r\n]", DeepSeekLatin, "\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+", @"\s+$", "[一-龥ࠀ-一가-퟿]+", Numbers]),
        ("falcon", [@"[\p{P}\$\+<=>\^~\|`]+", Gpt2, AsciiTriples]),
        ("bailingmoe", [Bailing]),
        ("bloom", [BloomWords]),
        ("viking", [BloomWords, SingleNumbers]),
    ];

    private const string DeepSeekLatin =
        "\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ]+";

    private static readonly (string Alias, string Name)[] Aliases =
    [
        ("llama3", "llama-bpe"), ("llama-v3", "llama-bpe"), ("llama4", "gpt-4o"), ("dbrx", "llama-bpe"), ("smaug-bpe", "llama-bpe"), ("glm4", "llama-bpe"),
        ("chatglm-bpe", "llama-bpe"), ("falcon3", "llama-bpe"), ("falcon-h1", "llama-bpe"), ("pixtral", "llama-bpe"), ("midm-2.0", "llama-bpe"),
        ("lfm2", "llama-bpe"), ("jina-v5-nano", "llama-bpe"), ("gpt2", "gpt-2"), ("mpt", "gpt-2"), ("olmo", "gpt-2"), ("jais", "gpt-2"), ("phi-2", "gpt-2"),
        ("jina-es", "gpt-2"), ("jina-de", "gpt-2"), ("gigachat", "gpt-2"), ("jina-v2-es", "gpt-2"), ("jina-v2-de", "gpt-2"), ("a.x-4.0", "gpt-2"),
        ("mellum", "gpt-2"), ("modern-bert", "gpt-2"), ("trillion", "gpt-2"), ("granite-docling", "gpt-2"), ("exaone4", "gpt-2"), ("roberta-bpe", "gpt-2"),
        ("starcoder", "smollm"), ("refact", "smollm"), ("command-r", "smollm"), ("codeshell", "smollm"), ("exaone", "smollm"), ("minerva-7b", "smollm"),
        ("stablelm2", "qwen2"), ("hunyuan", "qwen2"), ("deepseek-r1-qwen", "qwen2"), ("megrez", "qwen2"), ("kormo", "qwen2"), ("grok-2", "qwen2"),
        ("solar-open", "qwen2"), ("hunyuan-dense", "deepseek-v3"), ("joyai-llm", "deepseek-v3"), ("poro-chat", "bloom"), ("gpt3-finnish", "bloom"),
        ("minimax-m2", "gpt-4o"), ("gpt-oss", "gpt-4o"), ("llada-moe", "bailingmoe"), ("bailingmoe2", "bailingmoe"),
    ];

    // llama.cpp takes a word that is an entry whole for these.
    private static readonly string[] WholeWords = ["llama-bpe", "gpt-4o", "tekken", "bailingmoe"];
    private static readonly string[] NotWhole = ["dbrx", "smaug-bpe", "glm4", "chatglm-bpe"];

    /// <summary>The patterns behind a <c>tokenizer.ggml.pre</c> value.</summary>
    public static IReadOnlyList<string> ForGguf(string path, string name)
    {
        string canonical = Canonical(name);
        foreach (var known in Known)
        {
            if (known.Name == canonical)
                return known.Patterns;
        }

        throw new UnsupportedModelException(
            path, $"tokenizer.ggml.pre \"{name}\" is not supported; supported are {string.Join(", ", Known.Select(k => k.Name).Concat(Aliases.Select(a => a.Alias)))}");
    }

    /// <summary>llama.cpp's name for these patterns, or null when it has none that Kvasir knows.</summary>
    public static string? GgufName(IReadOnlyList<string> patterns) => Known.FirstOrDefault(k => k.Patterns.SequenceEqual(patterns)).Name;

    /// <summary>Whether words that are entries are taken whole, where the file does not say.</summary>
    public static bool TakesWholeWords(string name) => WholeWords.Contains(Canonical(name)) && !NotWhole.Contains(name);

    /// <summary>The step that isolates what a pattern matches: written by hand where the pattern is a known one.</summary>
    public static WordStep Step(string path, string pattern, WordStep next) =>
        Matcher(pattern) is { } matcher ? new MatcherStep(matcher, next) : new FinderStep(new SplitRegex(path, pattern), SplitBehavior.Isolated, false, next);

    /// <summary>A hand-written matcher for exactly this pattern, or null.</summary>
    public static WordMatcher? Matcher(string pattern) => pattern switch
    {
        Gpt2 => new Gpt2Matcher(),
        Llama3 or Cl100k => new Cl100kMatcher(3),
        Qwen2 or Bailing => new Cl100kMatcher(1),
        Qwen35 => new Cl100kMatcher(1, marks: true),
        O200k => new O200kMatcher(3, contractions: true),
        Tekken => new O200kMatcher(1, contractions: false),
        DeepSeekWords => new DeepSeekMatcher(),
        Ideographs => new IdeographMatcher(),
        SingleNumbers => new NumberMatcher(1),
        Triples => new NumberMatcher(3),
        Numbers => new NumberMatcher(int.MaxValue),
        _ => null,
    };

    private static string Canonical(string name) => Aliases.FirstOrDefault(a => a.Alias == name).Name ?? name;
}
