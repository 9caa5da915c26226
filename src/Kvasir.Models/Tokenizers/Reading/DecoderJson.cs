namespace Kvasir.Models;

/// <summary>Reads the <c>decoder</c> of a tokenizer.json.</summary>
internal static class DecoderJson
{
    private const int MaxDepth = 4;
    private const int MaxParts = 16;

    public static TokenDecoder Read(JsonField root)
    {
        var steps = new List<DecodeStep>();
        if (root.Find("decoder") is { } field)
            Add(field, steps, 0);
        else if (root.Find("pre_tokenizer") is not null && WordStepJson.EndsInBytes(WordStepJson.Flatten(root)))
            steps.Add(new ByteLevelDecode()); // what such a file means, although the reference would join the stand-ins with spaces
        else
            steps.Add(new JoinDecode());
        return new TokenDecoder(steps);
    }

    private static void Add(JsonField field, List<DecodeStep> steps, int depth)
    {
        string type = field.Get("type").String();
        if (type == "Sequence" && depth < MaxDepth)
        {
            foreach (var part in field.Get("decoders").Items())
                Add(part, steps, depth + 1);
            return;
        }

        if (steps.Count == MaxParts)
            throw field.Error($"more than {MaxParts} decoders");
        steps.Add(type switch
        {
            "ByteLevel" => new ByteLevelDecode(),
            "ByteFallback" => new ByteFallbackDecode(),
            "Fuse" => new FuseDecode(),
            "Replace" => new ReplaceDecode(NormalizerJson.Replacement(field)),
            "Strip" => new StripDecode(WordStepJson.Character(field, "content"), field.Find("start")?.Int(0, 1 << 20) ?? 0, field.Find("stop")?.Int(0, 1 << 20) ?? 0),
            "Metaspace" => new MetaspaceDecode(WordStepJson.Character(field, "replacement"), Prepended(field)),
            "WordPiece" => new WordPieceDecode(field.Find("prefix")?.String() ?? "##", field.Find("cleanup")?.Bool() ?? true),
            "BPEDecoder" => new SuffixDecode(field.Find("suffix")?.String() ?? "</w>"),
            _ => throw new UnsupportedModelException(field.Path, $"the decoder \"{type}\" is not supported"),
        });
    }

    private static bool Prepended(JsonField field) =>
        field.Find("prepend_scheme") is { } scheme ? scheme.String() != "never" : field.Find("add_prefix_space")?.Bool() ?? true;
}
