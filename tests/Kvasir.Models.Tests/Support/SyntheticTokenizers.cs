using System.Text.Json.Nodes;

namespace Kvasir.Models.Tests.Support;

/// <summary>Small tokenizer.json files of every kind, always the same ones, trained on the nasty strings' parts and some English.</summary>
internal static class SyntheticTokenizers
{
    private const string Mark = "\u2581";

    private const string English = """
        The model reads the prompt once and keeps what it has read. When the next question begins with the same words, the work is not done again.
        A cache is a promise: what was true then is true now. It doesn't matter who asks, or when; they're all served from the same blocks of memory.
        Numbers such as 12, 345 and 6789 are cut into digits. I'll say that we've tested this, and it's been running for 24 hours, hasn't it?
        """;

    private static readonly string[] Specials = ["<unk>", "<s>", "</s>", "<mask>", "<tag>", "<tool>"];

    public static IReadOnlyList<(string Name, string Json)> All { get; } = [.. Make()];

    private static IEnumerable<(string, string)> Make()
    {
        foreach (var (name, pattern) in ((string, string)[])[("gpt2", SplitPatterns.Gpt2), ("llama3", SplitPatterns.Llama3), ("qwen2", SplitPatterns.Qwen2), ("o200k", SplitPatterns.O200k), ("tekken", SplitPatterns.Tekken)])
            yield return ($"byte-level {name}", ByteLevel($$"""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":{{Text(pattern)}}},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]}""", name == "qwen2" ? "\"NFC\"" : null, name == "llama3"));
        yield return ("byte-level falcon", ByteLevel($$"""{"type":"Sequence","pretokenizers":[{"type":"Punctuation","behavior":"Contiguous"},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},{"type":"Digits","individual_digits":false},{"type":"Split","pattern":{"Regex":"[0-9][0-9][0-9]"},"behavior":"Isolated","invert":false}]}""", "\"NFKC\"", false));
        yield return ("byte-level with a space before", ByteLevel("""{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}]}""", "\"NFD\"", false));
        yield return ("SentencePiece BPE", CharacterBpe(
            """{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""", "null", true, ""));
        yield return ("SentencePiece BPE, metaspace first", CharacterBpe("null", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}""", true, ""));
        yield return ("BPE with word ends", CharacterBpe("""{"type":"Sequence","normalizers":[{"type":"NFKD"},{"type":"StripAccents"},{"type":"Lowercase"}]}""", """{"type":"Whitespace"}""", false, "</w>"));
        yield return ("BPE, split behaviours", CharacterBpe("""{"type":"Strip","strip_left":true,"strip_right":true}""", """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\s+"},"behavior":"MergedWithNext","invert":false},{"type":"Split","pattern":{"Regex":"[a-z]+"},"behavior":"Contiguous","invert":true},{"type":"Split","pattern":{"String":"-"},"behavior":"MergedWithPrevious","invert":false}]}""", false, ""));
        yield return ("Unigram with a character map", Unigram($$"""{"type":"Sequence","normalizers":[{"type":"Precompiled","precompiled_charsmap":"{{DoubleArray.CharsMap()}}"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}]}""", """{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","add_prefix_space":true}]}""", false));
        yield return ("Unigram with bytes", Unigram("""{"type":"Nmt"}""", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""", true));
        yield return ("WordPiece", WordPiece("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}"""));
        yield return ("WordPiece, cased", WordPiece("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":false,"strip_accents":false,"lowercase":false}"""));
        yield return ("words", WordLevel());
    }

    private static string ByteLevel(string words, string? form, bool ignoreMerges)
    {
        var symbols = Enumerable.Range(0, 256).Select(b => ByteAlphabet.ToChar((byte)b).ToString()).ToList();
        var merges = Train(Corpus().Select(w => ByteAlphabet.Encode(w).Select(c => c.ToString()).ToList()), symbols, 400);
        var model = new JsonObject { ["type"] = "BPE", ["dropout"] = null, ["unk_token"] = null, ["continuing_subword_prefix"] = null, ["end_of_word_suffix"] = null, ["fuse_unk"] = false, ["byte_fallback"] = false, ["ignore_merges"] = ignoreMerges };
        return File(model, symbols, merges, form is null ? "null" : $"{{\"type\":{form}}}", words, """{"type":"Sequence","processors":[{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true},{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}}]}""", """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}""");
    }

    private static string CharacterBpe(string normalizer, string words, bool bytes, string suffix)
    {
        var corpus = Corpus().Select(w => Characters(bytes ? Mark + w.Replace(" ", "", StringComparison.Ordinal) : w.Trim().ToLowerInvariant())).Where(w => w.Count > 0).ToList();
        foreach (var word in corpus)
            word[^1] += suffix;
        var symbols = corpus.SelectMany(w => w).Where(s => s[0] < 0x500 || s == Mark).Distinct().Order(StringComparer.Ordinal).ToList();
        if (bytes)
            symbols.AddRange(Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"));
        var merges = Train(corpus, symbols, 300);
        var model = new JsonObject { ["type"] = "BPE", ["dropout"] = null, ["unk_token"] = "<unk>", ["continuing_subword_prefix"] = null, ["end_of_word_suffix"] = suffix.Length > 0 ? suffix : null, ["fuse_unk"] = true, ["byte_fallback"] = bytes, ["ignore_merges"] = false };
        string decoder = bytes
            ? """{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}"""
            : suffix.Length > 0 ? """{"type":"BPEDecoder","suffix":"</w>"}""" : "null";
        return File(model, symbols, merges, normalizer, words, """{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",1],"trim_offsets":true,"add_prefix_space":true}""", decoder);
    }

    private static string Unigram(string normalizer, string words, bool bytes)
    {
        var counts = new Dictionary<string, int>();
        foreach (string word in Corpus())
        {
            var characters = Characters(Mark + word.Trim());
            for (int start = 0; start < characters.Count; start++)
            {
                string piece = "";
                for (int end = start; end < Math.Min(characters.Count, start + 5); end++)
                    counts[piece += characters[end]] = counts.GetValueOrDefault(piece) + 1;
            }
        }

        var best = counts.Where(c => c.Key.EnumerateRunes().Count() == 1 ? c.Key[0] < 0x3100 : c.Value > 1).OrderByDescending(c => c.Value * c.Key.Length).ThenBy(c => c.Key, StringComparer.Ordinal).Take(600).ToList();
        var vocab = new JsonArray([.. Specials.Select(s => (JsonNode)new JsonArray(s, 0.0))]);
        if (bytes)
        {
            for (int b = 0; b < 256; b++)
                vocab.Add(new JsonArray($"<0x{b:X2}>", -30.0));
        }

        for (int i = 0; i < best.Count; i++)
            vocab.Add(new JsonArray(best[i].Key, -2.0 - (i / 64.0) + (0.37 * best[i].Key.Length)));
        var model = new JsonObject { ["type"] = "Unigram", ["unk_id"] = 0, ["vocab"] = vocab, ["byte_fallback"] = bytes };
        string decoder = bytes
            ? """{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}]}"""
            : """{"type":"Metaspace","replacement":"▁","add_prefix_space":true}""";
        return File(model, null, null, normalizer, words, """{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"</s>":{"id":"</s>","ids":[2],"tokens":["</s>"]}}}""", decoder);
    }

    private static string WordPiece(string normalizer)
    {
        var pieces = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string word in Corpus().SelectMany(w => w.Split(' ', '\n', '\t')).Where(w => w.Length > 0))
        {
            var characters = Characters(word);
            pieces.UnionWith(characters.Where(c => c[0] < 0x3100).Take(2));
            for (int i = 1; i < characters.Count; i++)
                pieces.Add("##" + characters[i]);
            if (characters.Count < 9)
                pieces.Add(word.ToLowerInvariant());
            if (characters.Count > 3)
                pieces.Add("##" + string.Concat(characters[^3..]));
        }

        var model = new JsonObject { ["type"] = "WordPiece", ["unk_token"] = "<unk>", ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = 100 };
        return File(model, [.. pieces], null, normalizer, """{"type":"BertPreTokenizer"}""", """{"type":"BertProcessing","sep":["</s>",2],"cls":["<s>",1]}""", """{"type":"WordPiece","prefix":"##","cleanup":true}""");
    }

    private static string WordLevel()
    {
        var words = English.Split(' ', '\n', '\r', '.', ',').Where(w => w.Length > 0).Distinct().Order(StringComparer.Ordinal).ToList();
        var model = new JsonObject { ["type"] = "WordLevel", ["unk_token"] = "<unk>" };
        return File(model, words, null, """{"type":"Lowercase"}""", """{"type":"Sequence","pretokenizers":[{"type":"Whitespace"},{"type":"Punctuation","behavior":"Removed"}]}""", "null", "null");
    }

    private static string File(JsonObject model, List<string>? symbols, List<(string, string)>? merges, string normalizer, string words, string processor, string decoder)
    {
        if (symbols is not null)
        {
            var vocab = new JsonObject();
            foreach (string piece in Specials.Concat(symbols).Concat(merges?.Select(m => m.Item1 + m.Item2) ?? []).Distinct())
                vocab[piece] = vocab.Count;
            model["vocab"] = vocab;
        }

        if (merges is not null)
        {
            bool pairs = merges.Exists(m => (m.Item1 + m.Item2).Any(char.IsWhiteSpace));
            model["merges"] = new JsonArray([.. merges.Select(m => pairs ? (JsonNode)new JsonArray(m.Item1, m.Item2) : $"{m.Item1} {m.Item2}")]);
        }

        var added = new JsonArray();
        for (int i = 0; i < Specials.Length; i++)
        {
            added.Add(new JsonObject
            {
                ["id"] = i, ["content"] = Specials[i], ["single_word"] = Specials[i] == "<tag>", ["lstrip"] = Specials[i] == "<mask>",
                ["rstrip"] = Specials[i] == "<tool>", ["normalized"] = Specials[i] is "<tag>" or "<tool>", ["special"] = Specials[i] != "<tag>",
            });
        }

        return new JsonObject
        {
            ["version"] = "1.0", ["truncation"] = null, ["padding"] = null, ["added_tokens"] = added, ["normalizer"] = JsonNode.Parse(normalizer),
            ["pre_tokenizer"] = JsonNode.Parse(words), ["post_processor"] = JsonNode.Parse(processor), ["decoder"] = JsonNode.Parse(decoder), ["model"] = model,
        }.ToJsonString();
    }

    // The definition of training: again and again, the most frequent pair; of equals the first by its text.
    private static List<(string, string)> Train(IEnumerable<List<string>> words, List<string> symbols, int count)
    {
        var known = symbols.ToHashSet();
        var all = words.Select(w => w.ToList()).ToList();
        var merges = new List<(string, string)>();
        while (merges.Count < count)
        {
            var pairs = new Dictionary<(string, string), int>();
            foreach (var word in all)
            {
                for (int i = 0; i + 1 < word.Count; i++)
                {
                    if (known.Contains(word[i]) && known.Contains(word[i + 1]))
                        pairs[(word[i], word[i + 1])] = pairs.GetValueOrDefault((word[i], word[i + 1])) + 1;
                }
            }

            if (pairs.Count == 0)
                break;
            int most = pairs.Values.Max();
            var (left, right) = pairs.Where(p => p.Value == most).Select(p => p.Key).MinBy(p => p.Item1 + "\0" + p.Item2, StringComparer.Ordinal);
            merges.Add((left, right));
            known.Add(left + right);
            foreach (var word in all)
            {
                for (int i = 0; i + 1 < word.Count; i++)
                {
                    if (word[i] != left || word[i + 1] != right)
                        continue;
                    word[i] += right;
                    word.RemoveAt(i + 1);
                }
            }
        }

        return merges;
    }

    private static List<string> Characters(string text) => [.. text.EnumerateRunes().Select(r => r.ToString())];

    private static IEnumerable<string> Corpus()
    {
        foreach (string word in English.ReplaceLineEndings("\n").Split(' '))
            yield return " " + word;
        foreach (string part in NastyStrings.All.Take(230).Where(p => p.Length < 40))
        {
            if (!part.StartsWith('<') && !part.Contains("##", StringComparison.Ordinal))
                yield return part;
        }
    }

    private static string Text(string text) => JsonValue.Create(text).ToJsonString();
}
