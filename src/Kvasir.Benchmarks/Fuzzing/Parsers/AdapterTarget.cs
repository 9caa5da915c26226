using Kvasir.Models;

namespace Kvasir.Benchmarks.Fuzzing.Parsers;

/// <summary>LoRA adapters: GGUF files and PEFT folders.</summary>
internal sealed class AdapterTarget : ParserTarget
{
    private const string Gguf = "adapter.gguf";
    private ModelConfig? _config;

    public override string Name => "adapter";

    public override IReadOnlyList<string> Words => ["peft_type", "LORA", "lora_alpha", "r", "target_modules", "rank_pattern", "alpha_pattern", "use_rslora", "use_dora", "bias", "adapter.lora.alpha", "adapter.type", "lora_a", "lora_b", "dtype", "shape", "data_offsets"];

    public override IReadOnlyList<ParserCase> Seeds(string folder)
    {
        var inner = Directory.CreateDirectory(Path.Combine(folder, "model"));
        ParserSeeds.Folder(inner.FullName);
        using var model = ModelFile.Open(inner.FullName);
        _config = model.Config;
        return
        [
            new ParserCase("adapter_config.json", """{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["q_proj"], "rank_pattern": {}, "alpha_pattern": {}, "use_rslora": false, "bias": "none"}"""u8.ToArray()),
            new ParserCase("adapter_model.safetensors", ParserSeeds.AdapterTensors()),
            new ParserCase(Gguf, ParserSeeds.AdapterGguf(Path.Combine(folder, "seed.gguf"))),
        ];
    }

    public override string Parse(string folder, ParserCase changed)
    {
        var adapter = AdapterFile.Open(changed.File == Gguf ? Path.Combine(folder, Gguf) : folder, _config!);
        return $"{adapter.Matrices.Count} {adapter.Rank} {string.Join(',', adapter.Matrices.Select(m => m.Role))}";
    }
}
