using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Kvasir.Benchmarks.Tests.Families.Oracle;

/// <summary>The tensors of a float32 safetensors file by name, and its config.json: read plainly, by nothing that the product uses.</summary>
internal sealed class PlainWeights
{
    private readonly Dictionary<string, (long[] Shape, float[] Values)> _tensors = [];
    private readonly JsonElement _config;

    public PlainWeights(string folder)
    {
        _config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json"))).RootElement;
        var bytes = File.ReadAllBytes(Path.Combine(folder, "model.safetensors"));
        var header = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        foreach (var tensor in JsonDocument.Parse(bytes.AsMemory(8, header)).RootElement.EnumerateObject())
        {
            var offsets = tensor.Value.GetProperty("data_offsets");
            var (from, to) = (offsets[0].GetInt32(), offsets[1].GetInt32());
            _tensors[tensor.Name] = (
                [.. tensor.Value.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())],
                MemoryMarshal.Cast<byte, float>(bytes.AsSpan(8 + header + from, to - from)).ToArray());
        }
    }

    public JsonElement Config => _config;

    public int Int(string name) => _config.GetProperty(name).GetInt32();

    public double Number(string name, double fallback = double.NaN) =>
        _config.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : fallback;

    public bool Flag(string name) => _config.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    public IEnumerable<string> Names => _tensors.Keys;

    public long[] Shape(string name) => _tensors[name].Shape;

    public bool Has(string name) => _tensors.ContainsKey(name);

    /// <summary>A vector, or all elements of a tensor.</summary>
    public double[] Vector(string name) => Array.ConvertAll(_tensors[name].Values, v => (double)v);

    /// <summary>A vector, or null.</summary>
    public double[]? Maybe(string name) => Has(name) ? Vector(name) : null;

    /// <summary>Row <paramref name="row"/> of a matrix.</summary>
    public double[] Row(string name, int row)
    {
        var (shape, values) = _tensors[name];
        var width = (int)shape[^1];
        return Array.ConvertAll(values[(row * width)..((row + 1) * width)], v => (double)v);
    }

    /// <summary>x Wᵀ + b for W <c>[out, in]</c>, or the part <paramref name="index"/> of a tensor of many.</summary>
    public double[] Linear(string name, double[] x, string? bias = null, int index = -1)
    {
        var (shape, values) = _tensors[name];
        var (rows, columns) = ((int)shape[^2], (int)shape[^1]);
        Assert.Equal(columns, x.Length);
        var first = Math.Max(0, index) * rows * columns;
        var b = bias is null ? null : Maybe(bias);
        var y = new double[rows];
        for (var r = 0; r < rows; r++)
        {
            y[r] = b?[r] ?? 0;
            for (var c = 0; c < columns; c++)
                y[r] += values[first + (r * columns) + c] * x[c];
        }

        return y;
    }

    /// <summary>x W + b for W <c>[in, out]</c>.</summary>
    public double[] LinearTransposed(string name, double[] x, string? bias = null, int index = -1)
    {
        var (shape, values) = _tensors[name];
        var (rows, columns) = ((int)shape[^2], (int)shape[^1]);
        Assert.Equal(rows, x.Length);
        var first = Math.Max(0, index) * rows * columns;
        var y = bias is null ? new double[columns] : Vector(bias)[(Math.Max(0, index) * columns)..((Math.Max(0, index) + 1) * columns)];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++)
                y[c] += values[first + (r * columns) + c] * x[r];
        }

        return y;
    }
}
