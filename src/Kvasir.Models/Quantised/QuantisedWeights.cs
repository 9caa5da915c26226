using System.Globalization;

namespace Kvasir.Models;

/// <summary>The matrices of a Hugging Face folder that are stored quantised, each as a <see cref="ConvertedMatrix"/>.</summary>
internal static class QuantisedWeights
{
    private const string WeightSuffix = ".weight";
    private const string Blocks = "_blocks";
    private static readonly string[] ScaleSuffixes = ["_scale_inv", "_scale"];

    /// <summary>Finds them and adds them to the folder's tensors under the names of plain matrices. The folder owns them.</summary>
    /// <exception cref="ModelFormatException">A part of a matrix is missing or does not fit the others.</exception>
    public static void Add(SafeTensorsFolder folder, QuantisedConfig config)
    {
        foreach (var (name, raw) in folder.Raw)
        {
            if (raw.Kind is "F8_E4M3" or "F8_E5M2" && name.EndsWith(WeightSuffix, StringComparison.Ordinal))
                folder.Add(name, Float8Matrix.Of(raw, Scale(folder, name), config.Tile));
            else if (config.Method is "gptq" or "awq" && name.EndsWith(".qweight", StringComparison.Ordinal))
                AddGrouped(folder, config, name[..^".qweight".Length], raw);
            else if (config.Method is "mxfp4" && name.EndsWith(Blocks, StringComparison.Ordinal))
                AddMicroscaled(folder, name, raw);
        }
    }

    /// <summary>Each expert is a tensor of its own, with its number behind the name.</summary>
    private static void AddMicroscaled(SafeTensorsFolder folder, string name, RawTensor values)
    {
        string scales = name[..^Blocks.Length] + "_scales";
        if (!folder.Raw.TryGetValue(scales, out var powers))
            throw values.Error($"without scales: \"{scales}\" is missing or of an unsupported type");
        int expert = 0;
        foreach (var matrix in MicroscaledMatrix.Of(values, powers))
            folder.Add(string.Create(CultureInfo.InvariantCulture, $"{name}.{expert++}"), matrix);
    }

    private static RawTensor? Scale(SafeTensorsFolder folder, string name)
    {
        foreach (string suffix in ScaleSuffixes)
        {
            if (folder.Tensors.TryGetValue(name + suffix, out var scale))
                return RawTensor.Of(scale);
        }

        return null;
    }

    private static void AddGrouped(SafeTensorsFolder folder, QuantisedConfig config, string prefix, RawTensor weight)
    {
        if (!folder.Tensors.TryGetValue(prefix + ".scales", out var scales))
            throw weight.Error($"without scales: \"{prefix}.scales\" is missing or of an unsupported type");
        if (!folder.Raw.TryGetValue(prefix + ".qzeros", out var zeros))
            throw weight.Error($"without zero points: \"{prefix}.qzeros\" is missing or of an unsupported type");
        var index = config.Method == "gptq" ? folder.Raw.GetValueOrDefault(prefix + ".g_idx") : null;
        folder.Add(prefix + WeightSuffix, GroupedMatrix.Of((weight, zeros, RawTensor.Of(scales), index), config.Method == "awq", config.ZeroBias));
    }
}
