namespace Kvasir.Models;

/// <summary>Reads tokenizer.json (Hugging Face tokenizers) with the names of special tokens from tokenizer_config.json.</summary>
internal static class TokenizerJson
{
    public static Tokenizer Read(JsonField json, JsonField? settings)
    {
        var model = json.Get("model");
        string type = model.Find("type")?.String() ?? "BPE";
        if (type != "BPE" || IsSet(model, "continuing_subword_prefix") || IsSet(model, "end_of_word_suffix"))
            throw new UnsupportedModelException(json.Path, $"the tokenizer model \"{type}\" is not supported; byte-level BPE without affixes is");
        if (json.Find("normalizer") is { } normalizer && normalizer.Get("type").String() is not "NFC" and var kind)
            throw new UnsupportedModelException(json.Path, $"the normalizer \"{kind}\" is not supported");
        var split = PreTokenizerJson.Read(json);

        var entries = new Dictionary<int, (string Piece, TokenKind Kind)>();
        foreach (var (piece, id) in model.Get("vocab").Members())
        {
            if (!entries.TryAdd(id.Int(0, ConfigLimits.MaxVocab), (piece, TokenKind.Normal)))
                throw id.Error("two tokens have this id");
        }

        var strips = new Dictionary<int, AddedTokenStrip>();
        foreach (var added in json.Find("added_tokens")?.Items() ?? [])
            ReadAdded(added, entries, strips);

        // Ids may have holes, but a file must not make us allocate for ids that it hardly uses.
        int size = entries.Count == 0 ? throw json.Error("the vocabulary is empty") : entries.Keys.Max() + 1;
        if (size > (4L * entries.Count) + 1024)
            throw json.Error($"{entries.Count} tokens have ids up to {size - 1}");
        var pieces = new string?[size];
        var kinds = new TokenKind[size];
        Array.Fill(kinds, TokenKind.Unused);
        foreach (var (id, entry) in entries)
            (pieces[id], kinds[id]) = entry;

        int? bos = SpecialId(settings, "bos_token", entries) ?? TemplateBos(json, entries);
        var vocabulary = new Vocabulary
        {
            Pieces = pieces,
            Kinds = kinds,
            Merges = [.. model.Get("merges").Items().Select(ReadMerge)],
            IgnoreMerges = model.Find("ignore_merges")?.Bool() ?? false,
            Split = split,
            BosId = bos,
            EosId = SpecialId(settings, "eos_token", entries),
            PadId = SpecialId(settings, "pad_token", entries),
            AddsBos = bos is not null && (settings?.Find("add_bos_token")?.Bool() ?? TemplateBos(json, entries) is not null),
        };
        return new Tokenizer(vocabulary, strips);
    }

    private static bool IsSet(JsonField model, string name) => model.Find(name) is { } value && value.String().Length > 0;

    private static void ReadAdded(JsonField added, Dictionary<int, (string, TokenKind)> entries, Dictionary<int, AddedTokenStrip> strips)
    {
        int id = added.Get("id").Int(0, ConfigLimits.MaxVocab);
        string text = added.Get("content").String();
        bool special = added.Find("special")?.Bool() ?? false;
        if (added.Find("single_word")?.Bool() == true)
            throw new UnsupportedModelException(added.Path, $"the added token \"{text}\" is marked single_word, which is not supported");
        entries[id] = (text, special ? TokenKind.Control : TokenKind.UserDefined);
        var strip = (added.Find("lstrip")?.Bool() == true ? AddedTokenStrip.Left : 0)
            | (added.Find("rstrip")?.Bool() == true ? AddedTokenStrip.Right : 0);
        if (strip != AddedTokenStrip.None)
            strips[id] = strip;
    }

    // Newer files write a merge as a pair, older ones as "left right".
    private static (string Left, string Right) ReadMerge(JsonField merge)
    {
        if (merge.IsArray)
        {
            var pair = merge.Items().Take(3).Select(i => i.String()).ToArray();
            return pair.Length == 2 ? (pair[0], pair[1]) : throw merge.Error("a merge has two parts");
        }

        string text = merge.String();
        int space = text.IndexOf(' ');
        return space > 0 ? (text[..space], text[(space + 1)..]) : throw merge.Error("a merge has two parts with a space between");
    }

    private static int? SpecialId(JsonField? settings, string name, Dictionary<int, (string Piece, TokenKind)> entries)
    {
        if (settings?.Find(name) is not { } token)
            return null;
        string text = token.IsString ? token.String() : token.Get("content").String();
        return IdOf(text, entries);
    }

    private static int? IdOf(string text, Dictionary<int, (string Piece, TokenKind)> entries)
    {
        foreach (var (id, entry) in entries)
        {
            if (entry.Piece == text)
                return id;
        }

        return null;
    }

    // A TemplateProcessing post-processor whose single form begins with a special token: that is the bos token.
    private static int? TemplateBos(JsonField json, Dictionary<int, (string, TokenKind)> entries)
    {
        if (json.Find("post_processor") is not { } processor)
            return null;
        var parts = processor.Find("processors") is { } list ? list.Items() : [processor];
        foreach (var part in parts)
        {
            if (part.Find("type")?.String() == "TemplateProcessing"
                && part.Find("single") is { } single
                && single.Items().FirstOrDefault() is { IsObject: true } first
                && first.Find("SpecialToken") is { } special)
            {
                return IdOf(special.Get("id").String(), entries);
            }
        }

        return null;
    }
}
