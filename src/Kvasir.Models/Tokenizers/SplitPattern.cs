using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Kvasir.Models;

/// <summary>
/// How text is cut into words before merging: one or more regular expressions, applied one after the other to the pieces that
/// the one before left. Matches and the gaps between them are pieces.
/// </summary>
internal sealed class SplitPattern
{
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    public const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string Qwen2 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string SingleDigits = @"\p{N}";

    private const int MaxPatternChars = 4096;
    private const int MaxStages = 8;
    private const int MaxCompiled = 32;
    private static readonly TimeSpan MatchLimit = TimeSpan.FromSeconds(2);

    // llama.cpp's names for what a vocabulary was trained with (src/llama-vocab.cpp); "default" is its fallback.
    private static readonly (string Name, string[] Patterns)[] Known =
    [
        ("llama-bpe", [Llama3]),
        ("qwen2", [Qwen2]),
        ("gpt-2", [Gpt2]),
        ("smollm", [SingleDigits, Gpt2]),
        ("default", [@"[\p{P}\$\+<=>\^~\|]+", Gpt2, @"\p{N}+", "[0-9][0-9][0-9]"]),
    ];

    private static readonly (string Alias, string Name)[] Aliases =
        [("llama3", "llama-bpe"), ("llama-v3", "llama-bpe"), ("gpt2", "gpt-2"), ("mpt", "gpt-2"), ("olmo", "gpt-2")];

    // A model and its draft share their pattern, and compiling one takes longer than reading the vocabulary.
    private static readonly ConcurrentDictionary<string, Regex> Compiled = new();

    private readonly string _path;
    private readonly Regex[] _stages;

    /// <param name="path">The file that the patterns come from, for messages.</param>
    /// <param name="patterns">In the order of their application, as the file writes them.</param>
    /// <param name="addPrefixSpace">Text that does not begin with a space gets one.</param>
    public SplitPattern(string path, IReadOnlyList<string> patterns, bool addPrefixSpace = false)
    {
        _path = path;
        Patterns = patterns;
        AddPrefixSpace = addPrefixSpace;
        if (patterns.Count > MaxStages || patterns.Any(p => p.Length > MaxPatternChars))
            throw new ModelFormatException(path, $"more than {MaxStages} split patterns, or one longer than {MaxPatternChars} characters");
        _stages = [.. patterns.Select(Compile)];
    }

    public IReadOnlyList<string> Patterns { get; }

    public bool AddPrefixSpace { get; }

    /// <summary>llama.cpp's name for these patterns, or null when it has none that Kvasir knows.</summary>
    public string? GgufName => Known.FirstOrDefault(k => k.Patterns.SequenceEqual(Patterns)).Name;

    /// <summary>The patterns behind a <c>tokenizer.ggml.pre</c> value.</summary>
    public static SplitPattern ForGguf(string path, string name)
    {
        string canonical = Aliases.FirstOrDefault(a => a.Alias == name).Name ?? name;
        foreach (var known in Known)
        {
            if (known.Name == canonical)
                return new SplitPattern(path, known.Patterns);
        }

        throw new UnsupportedModelException(
            path, $"tokenizer.ggml.pre \"{name}\" is not supported; supported are {string.Join(", ", Known.Select(k => k.Name))}");
    }

    /// <summary>Cuts the text and encodes every word.</summary>
    /// <exception cref="ModelFormatException">A pattern takes too long on this text.</exception>
    public void Encode(ReadOnlySpan<char> text, BytePairMerger merger, List<int> output)
    {
        if (AddPrefixSpace && text.Length > 0 && text[0] != ' ')
            text = string.Concat(" ", text);
        try
        {
            EncodeStage(0, text, merger, output);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new ModelFormatException(_path, $"the split pattern \"{e.Pattern}\" takes more than {MatchLimit.TotalSeconds} s on this text", e);
        }
    }

    private void EncodeStage(int stage, ReadOnlySpan<char> text, BytePairMerger merger, List<int> output)
    {
        if (text.IsEmpty)
            return;
        if (stage == _stages.Length)
        {
            merger.Encode(text, output);
            return;
        }

        if (text.ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            EncodeByShadow(stage, text, merger, output);
            return;
        }

        int done = 0;
        foreach (var match in _stages[stage].EnumerateMatches(text))
        {
            EncodeStage(stage + 1, text[done..match.Index], merger, output);
            EncodeStage(stage + 1, text.Slice(match.Index, match.Length), merger, output);
            done = match.Index + match.Length;
        }

        EncodeStage(stage + 1, text[done..], merger, output);
    }

    private void EncodeByShadow(int stage, ReadOnlySpan<char> text, BytePairMerger merger, List<int> output)
    {
        var shadow = new CodePointShadow(text);
        try
        {
            int done = 0;
            foreach (var match in _stages[stage].EnumerateMatches(shadow.Text))
            {
                int start = shadow.OffsetOf(match.Index);
                int end = shadow.OffsetOf(match.Index + match.Length);
                EncodeStage(stage + 1, text[done..start], merger, output);
                EncodeStage(stage + 1, text[start..end], merger, output);
                done = end;
            }

            EncodeStage(stage + 1, text[done..], merger, output);
        }
        finally
        {
            shadow.Return();
        }
    }

    private Regex Compile(string pattern)
    {
        if (Compiled.TryGetValue(pattern, out var known))
            return known;
        try
        {
            var regex = new Regex(RegexTranslator.Translate(pattern), RegexOptions.Compiled | RegexOptions.CultureInvariant, MatchLimit);
            if (Compiled.Count < MaxCompiled)
                Compiled.TryAdd(pattern, regex);
            return regex;
        }
        catch (ArgumentException e)
        {
            throw new UnsupportedModelException(_path, $"the split pattern \"{pattern}\" is not supported: {e.Message}");
        }
    }
}
