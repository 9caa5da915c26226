namespace Kvasir.Models;

/// <summary>What config.json says of how the weights of a folder are quantised.</summary>
/// <param name="Method">gptq, awq, fp8 or mxfp4; null when nothing is quantised.</param>
/// <param name="ZeroBias">What is added to a stored zero point.</param>
/// <param name="Tile">Rows and columns that share a scale of 8-bit floating-point weights.</param>
internal sealed record QuantisedConfig(string? Method, int ZeroBias, (int Rows, int Columns)? Tile)
{
    private const string Supported = "supported are gptq and awq with 4 bits, fp8, mxfp4, and compressed-tensors with 8-bit floating-point weights";

    public static QuantisedConfig Read(JsonField config)
    {
        if (config.Find("quantization_config") is not { } json)
            return new QuantisedConfig(null, 0, null);
        string method = json.Find("quant_method")?.String() ?? "";
        switch (method)
        {
            case "gptq":
                RequireBits(json);

                // Files of the first version hold the zero point less one.
                return new QuantisedConfig(method, json.Find("checkpoint_format")?.String() == "gptq_v2" ? 0 : 1, null);
            case "awq":
                RequireBits(json);
                string version = json.Find("version")?.String() ?? "gemm";
                if (!string.Equals(version, "gemm", StringComparison.OrdinalIgnoreCase))
                    throw new UnsupportedModelException(config.Path, $"AWQ weights of version \"{version}\" are not supported; \"gemm\" is");
                return new QuantisedConfig(method, 0, null);
            case "fp8" or "fbgemm_fp8":
                return new QuantisedConfig("fp8", 0, ReadTile(json));
            case "mxfp4":
                return new QuantisedConfig(method, 0, null);
            case "compressed-tensors" when json.Find("format")?.String() is "float-quantized" or "naive-quantized":
                return new QuantisedConfig("fp8", 0, null);
            default:
                throw new UnsupportedModelException(config.Path, $"weights quantised by \"{method}\" are not supported; {Supported}");
        }
    }

    private static void RequireBits(JsonField json)
    {
        int bits = json.Get("bits").Int(1, 32);
        if (bits != 4)
            throw new UnsupportedModelException(json.Path, $"weights of {bits} bits are not supported; {Supported}");
    }

    private static (int Rows, int Columns)? ReadTile(JsonField json)
    {
        if (json.Find("weight_block_size") is not { } size)
            return null;
        var sides = size.Items().Take(3).Select(side => side.Int(1, 1 << 20)).ToArray();
        return sides.Length == 2 ? (sides[0], sides[1]) : throw size.Error("two numbers were expected");
    }
}
