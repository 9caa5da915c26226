namespace Kvasir.Models;

/// <summary>Reads what sentence-transformers writes beside a model: which steps follow it, and how texts are prepared.</summary>
internal static class SentenceFolder
{
    private const long MaxJsonBytes = 1 << 20;
    private const int MaxPrompts = 256;

    // The names of a pooling's flags (until version 5.2), and of its mode (from then on).
    private static readonly (string Flag, string Mode, EmbeddingPooling? Pooling)[] Modes =
    [
        ("pooling_mode_cls_token", "cls", EmbeddingPooling.FirstToken),
        ("pooling_mode_mean_tokens", "mean", EmbeddingPooling.Mean),
        ("pooling_mode_lasttoken", "lasttoken", EmbeddingPooling.LastToken),
        ("pooling_mode_max_tokens", "max", null),
        ("pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens", null),
        ("pooling_mode_weightedmean_tokens", "weightedmean", null),
    ];

    /// <summary>The settings of a folder, or null when it has none.</summary>
    /// <exception cref="ModelFormatException">A file is damaged, or names a place outside the folder.</exception>
    public static EmbeddingSettings? Read(string folder)
    {
        string modules = Path.Combine(folder, "modules.json");
        if (!File.Exists(modules))
            return null;
        var settings = new EmbeddingSettings { Normalize = false };
        foreach (var module in JsonFile.Read(modules, MaxJsonBytes).Items())
            settings = Add(settings, folder, module);
        return WithTexts(settings, folder);
    }

    private static EmbeddingSettings Add(EmbeddingSettings settings, string folder, JsonField module)
    {
        string type = module.Get("type").String();
        switch (type[(type.LastIndexOf('.') + 1)..])
        {
            case "Transformer":
                return settings;
            case "Pooling":
                return AddPooling(settings, folder, module);
            case "Normalize":
                return settings with { Normalize = true };
            default:
                return settings with { Unsupported = settings.Unsupported ?? $"the module {type} of modules.json" };
        }
    }

    private static EmbeddingSettings AddPooling(EmbeddingSettings settings, string folder, JsonField module)
    {
        string path = module.Get("path").String();
        if (path.Length == 0 || path.AsSpan().ContainsAny('/', '\\', '\0') || path is "." or "..")
            throw module.Error($"the pooling's folder \"{path}\" is not a folder beside the model");
        var json = ReadOptional(Path.Combine(folder, path), "config.json") ?? throw module.Error($"there is no {path}/config.json");
        string? mode = json.Find("pooling_mode")?.String();
        var chosen = Modes.Where(known => mode is null ? json.Find(known.Flag)?.Bool() == true : known.Mode == mode).ToArray();
        if (json.Find("include_prompt")?.Bool() == false)
            return settings with { Unsupported = "a pooling that leaves the prompt out (include_prompt)" };
        return chosen is [{ Pooling: { } pooling }]
            ? settings with { Pooling = pooling }
            : settings with { Unsupported = $"the pooling {mode ?? string.Join(" with ", chosen.Select(known => known.Mode))}; supported are cls, mean and lasttoken, one of them" };
    }

    private static EmbeddingSettings WithTexts(EmbeddingSettings settings, string folder)
    {
        if (ReadOptional(folder, "sentence_bert_config.json") is { } texts)
        {
            settings = settings with
            {
                MaxTokens = texts.Find("max_seq_length")?.Int(1, ConfigLimits.MaxContext),
                Lowercase = texts.Find("do_lower_case")?.Bool() ?? false,
            };
        }

        if (ReadOptional(folder, "config_sentence_transformers.json") is not { } json)
            return settings;
        var prompts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in json.Find("prompts")?.Members() ?? [])
        {
            if (prompts.Count == MaxPrompts)
                throw json.Error($"there are more than {MaxPrompts} prompts");
            prompts.Add(name, value.String());
        }

        string? first = json.Find("default_prompt_name")?.String();
        if (first is not null && !prompts.ContainsKey(first))
            throw json.Error($"default_prompt_name \"{first}\" is none of the prompts");
        return settings with { Prompts = prompts, DefaultPrompt = first };
    }

    private static JsonField? ReadOptional(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        return File.Exists(path) ? JsonFile.Read(path, MaxJsonBytes) : null;
    }
}
