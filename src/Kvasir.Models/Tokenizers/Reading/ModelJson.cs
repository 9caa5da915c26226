namespace Kvasir.Models;

/// <summary>Reads the <c>model</c> of a tokenizer.json and what cuts text for it.</summary>
internal static class ModelJson
{
    /// <summary>The model's type; older files do not write it.</summary>
    public static string TypeOf(JsonField model)
    {
        if (model.Find("type")?.String() is { } type)
            return type is "BPE" or "Unigram" or "WordPiece" or "WordLevel" ? type : throw new UnsupportedModelException(model.Path, $"the tokenizer model \"{type}\" is not supported");
        if (model.Find("merges") is not null)
            return "BPE";
        if (model.Find("vocab") is { IsArray: true })
            return "Unigram";
        return model.Find("max_input_chars_per_word") is not null || model.Find("continuing_subword_prefix") is not null ? "WordPiece" : "WordLevel";
    }

    /// <summary>The entries with their ids.</summary>
    public static IEnumerable<(string Piece, int Id, JsonField At)> Entries(JsonField model, string type)
    {
        var vocab = model.Get("vocab");
        if (type != "Unigram")
            return vocab.Members().Select(m => (m.Name, m.Value.Int(0, ConfigLimits.MaxVocab), m.Value));
        return vocab.Items().Select((item, id) => (item.Items().FirstOrDefault() is { IsString: true } piece ? piece.String() : throw item.Error("a piece and its score were expected"), id, item));
    }

    /// <summary>The steps from text to tokens.</summary>
    public static (WordStep Words, ByteLevelForm? Form) Words(JsonField json, string type, Vocabulary vocabulary)
    {
        var model = json.Get("model");
        var steps = WordStepJson.Flatten(json);
        switch (type)
        {
            case "BPE":
                var rules = Rules(model, vocabulary);
                bool bytes = WordStepJson.EndsInBytes(steps) && rules is { ByteFallback: false, ContinuingPrefix: "", EndSuffix: "" };
                PieceModel pairs = bytes ? new ByteLevelBpe(vocabulary, rules) : new CharacterBpe(vocabulary, rules);
                if (bytes && WordStepJson.Patterns(steps) is { } split)
                    return (split.Step(json.Path, pairs), rules.UnknownId is null ? new ByteLevelForm(split, rules) : null);
                return (WordStepJson.Chain(steps, bytes, pairs), null);
            case "Unigram":
                return (WordStepJson.Chain(steps, false, Unigram(model, vocabulary)), null);
            case "WordPiece":
                return (WordStepJson.Chain(steps, false, WordPiece(model, vocabulary)), null);
            default:
                return (WordStepJson.Chain(steps, false, new WordLevelModel(vocabulary.TextIds(), UnknownId(model, vocabulary))), null);
        }
    }

    private static BytePairRules Rules(JsonField model, Vocabulary vocabulary) => new()
    {
        Merges = [.. model.Get("merges").Items().Select(ReadMerge)],
        IgnoreMerges = model.Find("ignore_merges")?.Bool() ?? false,
        ByteFallback = model.Find("byte_fallback")?.Bool() ?? false,
        UnknownId = UnknownId(model, vocabulary),
        FuseUnknown = model.Find("fuse_unk")?.Bool() ?? false,
        ContinuingPrefix = model.Find("continuing_subword_prefix")?.String() ?? "",
        EndSuffix = model.Find("end_of_word_suffix")?.String() ?? "",
    };

    private static UnigramModel Unigram(JsonField model, Vocabulary vocabulary)
    {
        int unknown = model.Find("unk_id")?.Int(0, vocabulary.Pieces.Length - 1)
            ?? throw new UnsupportedModelException(model.Path, "a Unigram tokenizer without an unknown token is not supported");
        var scores = new double[vocabulary.Pieces.Length];
        int count = 0;
        foreach (var item in model.Get("vocab").Items())
            scores[count++] = item.Items().Skip(1).FirstOrDefault() is { IsNumber: true } score ? score.Number() : throw item.Error("a piece and its score were expected");
        return new UnigramModel(vocabulary, scores[..count], unknown, model.Find("byte_fallback")?.Bool() ?? false);
    }

    private static WordPieceModel WordPiece(JsonField model, Vocabulary vocabulary)
    {
        string prefix = model.Find("continuing_subword_prefix")?.String() ?? "##";
        int unknown = UnknownId(model, vocabulary) ?? throw model.Error("a WordPiece tokenizer needs an unknown token");
        var ids = vocabulary.TextIds();
        return new WordPieceModel(
            ids.Select(i => (i.Key, i.Value)),
            ids.Where(i => i.Key.Length > prefix.Length && i.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(i => (i.Key[prefix.Length..], i.Value)),
            unknown,
            model.Find("max_input_chars_per_word")?.Int(1, 1 << 20) ?? 100);
    }

    private static int? UnknownId(JsonField model, Vocabulary vocabulary) =>
        model.Find("unk_token")?.String() is { } text && Array.IndexOf(vocabulary.Pieces, text) is >= 0 and var id ? id : null;

    // Newer files write a merge as a pair, older ones as "left right".
    private static PieceMerge ReadMerge(JsonField merge)
    {
        if (merge.IsArray)
        {
            if (merge.Element.GetArrayLength() != 2)
                throw merge.Error("a merge has two parts");
            string[] pair = [.. merge.Items().Select(part => part.String())];
            return new PieceMerge(pair[0], pair[1]);
        }

        string text = merge.String();
        int space = text.IndexOf(' ');
        return space > 0 ? new PieceMerge(text, space) : throw merge.Error("a merge has two parts with a space between");
    }
}
