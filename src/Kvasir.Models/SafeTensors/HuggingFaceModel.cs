namespace Kvasir.Models;

/// <summary>Opens a folder in the Hugging Face layout.</summary>
internal static class HuggingFaceModel
{
    private const long MaxJsonBytes = 16 << 20;

    public static ModelFile Open(string folder)
    {
        string configPath = Path.Combine(folder, "config.json");
        if (!File.Exists(configPath) && File.Exists(Path.Combine(folder, PeftAdapter.ConfigName)))
            throw new UnsupportedModelException(folder, "this is an adapter, not a model; give it beside its model with --adapter");
        if (!File.Exists(configPath))
            throw new ModelFormatException(folder, "config.json is not in the folder");
        var json = JsonFile.Read(configPath, MaxJsonBytes);
        var model = HuggingFaceConfig.Read(json);
        var (config, naming) = model;
        var quantised = QuantisedConfig.Read(json);
        var storage = SafeTensorsFolder.Open(folder);
        try
        {
            QuantisedWeights.Add(storage, quantised);

            IReadOnlyDictionary<string, StoredTensor> tensors = model.IsPart ? TextPart.Names(storage.Tensors) : storage.Tensors;

            // An encoder's head may have been left out where only its hidden states are wanted.
            if (config.Encoder is { PredictsTokens: true } encoder && !Holds(tensors, naming, WeightRole.HeadDense))
                config = config with { Encoder = encoder with { PredictsTokens = false } };

            // Some files leave the flag out, or set it although an output matrix is stored; transformers ties when it is set.
            config = config with { TiedEmbeddings = config.TiedEmbeddings || !Holds(tensors, naming, WeightRole.Output) };
            var weights = new WeightTable(folder, config, tensors, naming);
            return new ModelFile(folder, storage, config, weights, ReadText(folder, json, config));
        }
        catch
        {
            storage.Dispose();
            throw;
        }
    }

    private static bool Holds(IReadOnlyDictionary<string, StoredTensor> tensors, WeightNaming naming, WeightRole role) =>
        naming.Places(role, -1, 0).Any(place => tensors.ContainsKey(place.Name));

    private static ModelText ReadText(string folder, JsonField config, ModelConfig model)
    {
        var settings = ReadOptional(folder, "tokenizer_config.json", MaxJsonBytes);
        var tokenizer = TokenizerFile.FromFolder(folder, settings);
        if (tokenizer?.VocabSize > model.VocabSize)
            throw new ModelFormatException(folder, $"the tokenizer has ids up to {tokenizer.VocabSize - 1}, the model only {model.VocabSize} tokens");

        var template = ChatTemplate.OfFile(folder, FileTemplate(folder, "chat_template.jinja") ?? NamedTemplate(settings, "default"), tokenizer);
        var toolTemplate = ChatTemplate.OfFile(
            folder, FileTemplate(folder, Path.Combine("additional_chat_templates", "tool_use.jinja")) ?? NamedTemplate(settings, "tool_use"), tokenizer);

        var stops = StopTokens(folder, config, model, tokenizer);
        string? name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        return new ModelText(tokenizer, template, [.. stops], name) { ToolTemplate = toolTemplate, Embedding = SentenceFolder.Read(folder) };
    }

    private static SortedSet<int> StopTokens(string folder, JsonField config, ModelConfig model, Tokenizer? tokenizer)
    {
        // An encoder ends nothing; its configuration may name tokens that a small vocabulary has not.
        var stops = new SortedSet<int>();
        if (model.Encoder is not null)
            return stops;
        var generation = ReadOptional(folder, "generation_config.json", MaxJsonBytes);
        if (!AddIds(stops, generation?.Find("eos_token_id"), model.VocabSize))
            AddIds(stops, config.Find("eos_token_id") ?? TextPart.Find(config)?.Config.Find("eos_token_id"), model.VocabSize);
        if (tokenizer?.EosId is { } eos)
            stops.Add(eos);
        return stops;
    }

    private static string? FileTemplate(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        return File.Exists(path) && new FileInfo(path).Length <= ChatTemplate.MaxSourceChars ? File.ReadAllText(path) : null;
    }

    // A string, which is the default, or a list of named templates.
    private static string? NamedTemplate(JsonField? settings, string name)
    {
        if (settings?.Find("chat_template") is not { } template)
            return null;
        if (template.IsString)
            return name == "default" ? template.String() : null;
        foreach (var named in template.Items())
        {
            if (named.Get("name").String() == name)
                return named.Get("template").String();
        }

        return null;
    }

    private static bool AddIds(SortedSet<int> stops, JsonField? field, int vocab)
    {
        if (field is not { } ids)
            return false;
        foreach (var id in ids.IsArray ? ids.Items() : [ids])
            stops.Add(id.Int(0, vocab - 1));
        return true;
    }

    private static JsonField? ReadOptional(string folder, string name, long maxBytes)
    {
        string path = Path.Combine(folder, name);
        return File.Exists(path) ? JsonFile.Read(path, maxBytes) : null;
    }
}
