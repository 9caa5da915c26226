namespace Kvasir.Models;

/// <summary>Reads tokenizer.json (Hugging Face tokenizers) with the names of special tokens from tokenizer_config.json.</summary>
internal static class TokenizerJson
{
    public static Tokenizer Read(JsonField json, JsonField? settings)
    {
        var model = json.Get("model");
        string type = ModelJson.TypeOf(model);
        var entries = new Dictionary<int, (string Piece, TokenKind Kind)>();
        foreach (var (piece, id, at) in ModelJson.Entries(model, type))
        {
            if (!entries.TryAdd(id, (piece, TokenKind.Normal)))
                throw at.Error("two tokens have this id");
        }

        var added = new List<AddedToken>();
        foreach (var field in json.Find("added_tokens")?.Items() ?? [])
        {
            var token = ReadAdded(field);
            added.Add(token);
            entries[token.Id] = (token.Text, token.Special ? TokenKind.Control : TokenKind.UserDefined);
        }

        // Ids may have holes, but a file must not make us allocate for ids that it hardly uses.
        int size = entries.Count == 0 ? throw json.Error("the vocabulary is empty") : entries.Keys.Max() + 1;
        if (size > (4L * entries.Count) + 1024)
            throw json.Error($"{entries.Count} tokens have ids up to {size - 1}");
        var pieces = new string?[size];
        var kinds = new TokenKind[size];
        Array.Fill(kinds, TokenKind.Unused);
        foreach (var (id, entry) in entries)
            (pieces[id], kinds[id]) = entry;

        var (prefix, suffix) = PostProcessorJson.Read(json, size);
        int? eos = SpecialId(settings, "eos_token", pieces);
        int? bos = SpecialId(settings, "bos_token", pieces) ?? (prefix.Count > 0 ? prefix[0] : null);
        bool addsBos = bos is not null && (settings?.Find("add_bos_token")?.Bool() ?? prefix.Contains(bos.Value));
        if (settings?.Find("add_bos_token") is not null && bos is { } begin)
            Settle(prefix, begin, addsBos, first: true);
        if (settings?.Find("add_eos_token")?.Bool() is { } addsEos && eos is { } end)
            Settle(suffix, end, addsEos, first: false);
        var vocabulary = new Vocabulary
        {
            Pieces = pieces,
            Kinds = kinds,
            BosId = bos,
            EosId = eos,
            PadId = SpecialId(settings, "pad_token", pieces),
            AddsBos = addsBos,
        };
        var normalizer = NormalizerJson.Read(json);
        var (words, form) = ModelJson.Words(json, type, vocabulary);
        return new Tokenizer(new TokenizerParts
        {
            Vocabulary = vocabulary,
            Added = added,
            Normalizer = normalizer,
            Words = words,
            Decoder = DecoderJson.Read(json),
            Prefix = prefix,
            Suffix = suffix,
            ByteLevel = normalizer is null && added.TrueForAll(t => t is { StripLeft: false, StripRight: false, SingleWord: false }) ? form : null,
            JsonPath = json.Path,
        });
    }

    // tokenizer_config.json overrules the file that it stands beside.
    private static void Settle(List<int> tokens, int token, bool wanted, bool first)
    {
        if (!wanted)
            tokens.RemoveAll(t => t == token);
        else if (!tokens.Contains(token))
            tokens.Insert(first ? 0 : tokens.Count, token);
    }

    private static AddedToken ReadAdded(JsonField added) => new(added.Get("content").String(), added.Get("id").Int(0, ConfigLimits.MaxVocab))
    {
        Special = Flag(added, "special"),
        StripLeft = Flag(added, "lstrip"),
        StripRight = Flag(added, "rstrip"),
        SingleWord = Flag(added, "single_word"),
        Normalized = Flag(added, "normalized"),
    };

    private static bool Flag(JsonField field, string name) => field.Find(name)?.Bool() ?? false;

    private static int? SpecialId(JsonField? settings, string name, string?[] pieces)
    {
        if (settings?.Find(name) is not { } token)
            return null;
        string text = token.IsString ? token.String() : token.Get("content").String();
        return Array.IndexOf(pieces, text) is >= 0 and var id ? id : null;
    }
}
