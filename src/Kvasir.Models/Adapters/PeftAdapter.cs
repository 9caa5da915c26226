namespace Kvasir.Models;

/// <summary>Opens a folder written by Hugging Face PEFT: adapter_config.json and adapter_model.safetensors.</summary>
internal static class PeftAdapter
{
    /// <summary>The file that makes a folder an adapter.</summary>
    public const string ConfigName = "adapter_config.json";

    private const string WeightsName = "adapter_model.safetensors";
    private const string Prefix = "base_model.model.";
    private const string WeightSuffix = ".weight";
    private const long MaxConfigBytes = 4 << 20;

    public static AdapterFile Open(string folder, ModelConfig model)
    {
        string configPath = Path.Combine(folder, ConfigName);
        if (!File.Exists(configPath))
            throw new ModelFormatException(folder, $"{ConfigName} is not in the folder; it is no PEFT adapter");
        var config = PeftConfig.Read(JsonFile.Read(configPath, MaxConfigBytes));
        string weightsPath = Path.Combine(folder, WeightsName);
        if (!File.Exists(weightsPath))
        {
            throw new ModelFormatException(
                folder, $"{WeightsName} is not in the folder; pickled adapter_model.bin files are not read, save the adapter with safe_serialization");
        }

        using var file = SafeTensorsFile.Open(weightsPath);
        if (file.OtherTensors.Concat(file.Raw.Keys).FirstOrDefault() is { } other)
            throw new UnsupportedModelException(weightsPath, $"tensor \"{other}\" is of a type that is not read; F32, F16 and BF16 are");
        var pairs = new AdapterPairs(
            weightsPath, model, file.Tensors, (role, layer) => Prefix + Module(role, layer), ".lora_A.weight", ".lora_B.weight");
        return pairs.Read((role, layer, rank) => config.Scale(Module(role, layer), rank), interleaved: false);
    }

    // The name that patterns are matched with: the matrix's without ".weight".
    private static string Module(WeightRole role, int layer) => LlamaNames.Dense.First(role, layer)[..^WeightSuffix.Length];
}
