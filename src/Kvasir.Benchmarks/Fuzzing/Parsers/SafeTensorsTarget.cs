using Kvasir.Models;

namespace Kvasir.Benchmarks.Fuzzing.Parsers;

/// <summary>safetensors files of a Hugging Face folder, and the index over shards.</summary>
internal sealed class SafeTensorsTarget : ParserTarget
{
    public override string Name => "safetensors";

    public override IReadOnlyList<string> Words => ["dtype", "shape", "data_offsets", "F32", "F16", "BF16", "F8_E4M3", "I64", "__metadata__", "weight_map", "model.norm.weight", "lm_head.weight", "weight_scale"];

    public override IReadOnlyList<ParserCase> Seeds(string folder)
    {
        ParserSeeds.Folder(folder);
        return
        [
            new ParserCase("model-00001-of-00001.safetensors", ParserSeeds.SafeTensors()),
            new ParserCase("model.safetensors.index.json", ParserSeeds.Index()),
        ];
    }

    public override string Parse(string folder, ParserCase changed)
    {
        using var model = ModelFile.Open(folder);
        return ParserUse.Model(model);
    }
}
