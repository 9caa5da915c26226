namespace Kvasir.Models;

/// <summary>
/// Opens a GGUF adapter: metadata <c>general.type = adapter</c>, <c>adapter.type = lora</c>, tensors named as the model's with
/// <c>.lora_a</c> <c>[rank, in]</c> and <c>.lora_b</c> <c>[out, rank]</c> behind (llama.cpp's convention).
/// </summary>
internal static class GgufAdapter
{
    /// <summary>The value of <c>general.type</c>.</summary>
    public const string FileType = "adapter";

    private const string AlphaKey = "adapter.lora.alpha";

    public static AdapterFile Open(string path, ModelConfig model)
    {
        using var file = GgufFile.Open(path);
        var metadata = file.Metadata;
        string type = metadata.String("general.type") ?? "model";
        if (type != FileType)
            throw new ModelFormatException(path, $"metadata \"general.type\" is \"{type}\", not \"{FileType}\"; this file is no adapter");
        string kind = metadata.String("adapter.type") ?? "";
        if (kind != "lora")
            throw new UnsupportedModelException(path, $"adapters of type \"{kind}\" are not supported; supported is lora");
        string? invocation = metadata.Keys.FirstOrDefault(key => key.StartsWith("adapter.alora.", StringComparison.Ordinal));
        if (invocation is not null)
            throw new UnsupportedModelException(path, $"\"{invocation}\": adapters that begin to act in the middle of a prompt (aLoRA) are not supported");
        string architecture = metadata.String("general.architecture") ?? "";
        if (architecture != model.Architecture)
            throw new ModelFormatException(path, $"the adapter is for \"{architecture}\" models; this one is \"{model.Architecture}\"");

        // llama.cpp reads a missing or zero alpha as "no scaling".
        double alpha = metadata.Number(AlphaKey) ?? 0;
        var pairs = new AdapterPairs(path, model, file.Tensors, GgufNames.Dense.First, ".lora_a", ".lora_b");
        return pairs.Read((_, _, rank) => alpha == 0 ? 1 : alpha / rank, interleaved: architecture == "llama");
    }
}
