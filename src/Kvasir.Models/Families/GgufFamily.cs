namespace Kvasir.Models;

/// <summary>An architecture of GGUF files: what they mean beyond a Llama, and where they keep it. llama.cpp has part of it in metadata and part in its own code.</summary>
/// <param name="Name"><c>general.architecture</c>.</param>
/// <param name="ModelTypes">The families of folders (<c>model_type</c>) that are written as it.</param>
/// <param name="Naming">The places of the weights.</param>
/// <param name="Read">Adds to a Llama of the file's sizes what the architecture has.</param>
internal sealed record GgufFamily(string Name, string[] ModelTypes, Func<ModelConfig, WeightNaming> Naming, Func<GgufFields, ModelConfig, ModelConfig> Read)
{
    /// <summary>Writes the metadata that are not common to all; null for none.</summary>
    public Action<GgufKeys, ModelConfig>? Write { get; init; }

    /// <summary>Borders of YaRN's ramp are whole dimensions.</summary>
    public bool WholeBorders { get; init; } = true;
}
