namespace Kvasir.Models;

/// <summary>What adapter_config.json says about ranks and factors. Everything that a sum of low-rank products cannot express is refused.</summary>
internal sealed class PeftConfig
{
    // Kinds of initialisation that also change the model's own weights: without that change, A and B do not fit.
    private static readonly string[] ChangedBase = ["pissa", "olora", "corda", "loftq", "lora_ga"];

    private static readonly string[] RefusedFields =
    [
        "use_dora", "lora_bias", "fan_in_fan_out", "use_qalora", "use_bdlora", "modules_to_save", "layer_replication", "trainable_token_indices",
        "target_parameters", "alora_invocation_tokens", "megatron_config", "arrow_config",
    ];

    private readonly string _path;
    private readonly int _rank;
    private readonly double _alpha;
    private readonly bool _rankStabilized;
    private readonly IReadOnlyList<string>? _targets;
    private readonly ModulePatterns _ranks;
    private readonly ModulePatterns _alphas;

    private PeftConfig(JsonField json)
    {
        _path = json.Path;
        _rank = json.Get("r").Int(1, AdapterLimits.MaxRank);
        _alpha = json.Find("lora_alpha")?.Number() ?? 8; // PEFT's default
        _rankStabilized = json.Find("use_rslora")?.Bool() ?? false;
        _targets = json.Find("target_modules") is { IsArray: true } targets ? [.. targets.Items().Select(item => item.String())] : null;
        _ranks = new ModulePatterns(json.Find("rank_pattern"), value => value.Int(1, AdapterLimits.MaxRank));
        _alphas = new ModulePatterns(json.Find("alpha_pattern"), value => value.Number());
    }

    public static PeftConfig Read(JsonField json)
    {
        string type = json.Find("peft_type")?.String() ?? "";
        if (type != "LORA")
            throw Unsupported(json, $"peft_type \"{type}\" is not supported; supported is LORA");
        string bias = json.Find("bias")?.String() ?? "none";
        if (bias != "none")
            throw Unsupported(json, $"bias \"{bias}\" is not supported: an adapter that changes biases needs a model of its own; train with bias \"none\"");
        foreach (string field in RefusedFields)
        {
            if (json.Find(field) is { } value && !IsEmpty(value))
                throw Unsupported(json, $"{field} is not supported; plain LoRA and use_rslora are, on the matrices of the layers");
        }

        if (json.Find("init_lora_weights") is { IsString: true } initial
            && ChangedBase.FirstOrDefault(kind => initial.String().StartsWith(kind, StringComparison.OrdinalIgnoreCase)) is { } changed)
        {
            throw Unsupported(json, $"init_lora_weights \"{changed}\" also changes the model's weights; convert the adapter to plain LoRA when saving it");
        }

        return new PeftConfig(json);
    }

    /// <summary>The factor of a module: alpha / rank, or alpha / sqrt(rank) (Kalajdzievski 2023).</summary>
    /// <exception cref="ModelFormatException">The configuration gives the module another rank, or leaves it out.</exception>
    public double Scale(string module, int rank)
    {
        if (_targets is not null && !_targets.Any(target => module == target || module.EndsWith("." + target, StringComparison.Ordinal)))
            throw new ModelFormatException(_path, $"there are weights for {module}, but target_modules leave it out");
        double expected = _ranks.Find(module) ?? _rank;
        if (expected != rank)
            throw new ModelFormatException(_path, $"{module} has rank {rank} in the weights, {expected} in the configuration");
        double alpha = _alphas.Find(module) ?? _alpha;
        return alpha / (_rankStabilized ? Math.Sqrt(rank) : rank);
    }

    private static bool IsEmpty(JsonField value) => value.Element.ValueKind switch
    {
        System.Text.Json.JsonValueKind.Array => value.Element.GetArrayLength() == 0,
        System.Text.Json.JsonValueKind.Object => value.Element.GetPropertyCount() == 0,
        System.Text.Json.JsonValueKind.False => true,
        _ => false,
    };

    private static UnsupportedModelException Unsupported(JsonField json, string problem) => new(json.Path, problem);
}
