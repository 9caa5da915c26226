using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Families;
using Kvasir.Benchmarks.Tests.Families.Oracle;
using Kvasir.Engine;
using Kvasir.Engine.Requests;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Benchmarks.Tests.Families;

/// <summary>Folders whose language model is one part of them, and folders whose experts are stored in MXFP4.</summary>
public sealed class FolderFormTests : IDisposable
{
    private static readonly float[] Magnitudes = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6];

    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-forms-").FullName;

    [Theory]
    [InlineData("qwen3", "language_model.model.", "language_model.lm_head.")]
    [InlineData("qwen3", "model.language_model.", "lm_head.")]
    [InlineData("gemma3", "model.language_model.", "lm_head.")]
    public async Task TheLanguageModelOfAFolderOfSeveral_IsThatModel(string name, string prefix, string output)
    {
        var config = TinyFamilies.All.Single(family => family.Name == name).Config;
        var plain = RandomFamilies.Write(Path.Combine(_folder, "plain"), config, seed: 4);
        var several = Path.Combine(_folder, "several");
        Directory.CreateDirectory(several);
        File.WriteAllText(Path.Combine(several, "config.json"), $$"""{"model_type": "picture-and-text", "text_config": {{config}}, "vision_config": {"hidden_size": 7} }""");
        var weights = new PlainWeights(plain);
        Write(several, [
            .. weights.Names.Select(tensor => (
                tensor.Replace("lm_head.", output, StringComparison.Ordinal).Replace("model.", tensor.StartsWith("model.", StringComparison.Ordinal) ? prefix : "model.", StringComparison.Ordinal),
                "F32", weights.Shape(tensor), Floats(weights, tensor))),
            ("vision_tower.patch.weight", "F32", [2, 2], new byte[16]),
        ]);
        int[] tokens = [.. Enumerable.Range(0, 40).Select(i => (i * 53) % 320)];
        Assert.Equal(await Logprobs(plain, tokens), await Logprobs(several, tokens));
    }

    [Fact]
    public void ExpertsInMxfp4_HaveTheFormatsValues_AndAreCopiedIntoGguf()
    {
        var config = TinyFamilies.All.Single(family => family.Name == "gpt-oss").Config.Insert(1, "\"quantization_config\": {\"quant_method\": \"mxfp4\"}, ");
        var folder = RandomFamilies.Write(Path.Combine(_folder, "oss"), config, seed: 6);
        var weights = new PlainWeights(folder);
        var random = new Random(9);
        var tensors = new List<(string, string, long[], byte[])>();
        var packed = new Dictionary<string, (byte[] Values, byte[] Scales)>();
        foreach (var name in weights.Names)
        {
            if (!name.EndsWith("experts.gate_up_proj", StringComparison.Ordinal) && !name.EndsWith("experts.down_proj", StringComparison.Ordinal))
            {
                tensors.Add((name, "F32", weights.Shape(name), Floats(weights, name)));
                continue;
            }

            // Plain experts are [experts, in, out]; packed ones [experts, out, in / 32, 16].
            var (experts, inputs, outputs) = (weights.Shape(name)[0], weights.Shape(name)[1], weights.Shape(name)[2]);
            var values = new byte[experts * outputs * inputs / 2];
            var scales = new byte[experts * outputs * inputs / 32];
            random.NextBytes(values);
            for (var i = 0; i < scales.Length; i++)
                scales[i] = (byte)random.Next(120, 130);
            tensors.Add((name + "_blocks", "U8", [experts, outputs, inputs / 32, 16], values));
            tensors.Add((name + "_scales", "U8", [experts, outputs, inputs / 32], scales));
            packed.Add(name, (values, scales));
        }

        Write(folder, tensors);
        var file = Path.Combine(_folder, "oss.gguf");
        using var model = ModelFile.Open(folder);
        ModelConverter.Convert(model, file, new ConversionOptions { Type = null });
        using var copy = ModelFile.Open(file);
        foreach (var source in (ModelFile[])[model, copy])
        {
            for (var expert = 0; expert < 4; expert++)
            {
                var (gateUp, down) = (packed["model.layers.1.mlp.experts.gate_up_proj"], packed["model.layers.1.mlp.experts.down_proj"]);
                Check(source.GetMatrix(WeightRole.ExpertGate, 1, expert), row => Expected(gateUp, 64, (expert * 192) + (2 * row)));
                Check(source.GetMatrix(WeightRole.ExpertUp, 1, expert), row => Expected(gateUp, 64, (expert * 192) + (2 * row) + 1));
                Check(source.GetMatrix(WeightRole.ExpertDown, 1, expert), row => Expected(down, 96, (expert * 64) + row));
            }
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Two neighbours a byte, the first in its low half (OCP Microscaling: E2M1 elements, E8M0 scales).</summary>
    private static float[] Expected((byte[] Values, byte[] Scales) packed, int columns, int row)
    {
        var values = new float[columns];
        for (var i = 0; i < columns; i++)
        {
            var element = (row * columns) + i;
            var bits = element % 2 == 0 ? packed.Values[element / 2] % 16 : packed.Values[element / 2] / 16;
            values[i] = (float)((bits < 8 ? 1 : -1) * Magnitudes[bits % 8] * Math.Pow(2, packed.Scales[element / 32] - 127));
        }

        return values;
    }

    private static void Check(MatrixSource matrix, Func<int, float[]> expected)
    {
        Assert.Equal(DataType.MXFP4, matrix.Type);
        var bytes = new byte[matrix.RowBytes];
        var row = new float[matrix.Columns];
        for (var r = 0; r < matrix.Rows; r++)
        {
            Marshal.Copy(matrix.Data + (nint)((matrix.RowOrder?[r] ?? r) * matrix.RowBytes), bytes, 0, bytes.Length);
            BlockCodec.DecodeRow(matrix.Type, bytes, row);
            Assert.Equal(expected(r), row);
        }
    }

    private static byte[] Floats(PlainWeights weights, string name) => [.. weights.Vector(name).SelectMany(value => BitConverter.GetBytes((float)value))];

    private static void Write(string folder, IReadOnlyList<(string Name, string Kind, long[] Shape, byte[] Bytes)> tensors)
    {
        var header = new JsonObject();
        long offset = 0;
        foreach (var (name, kind, shape, bytes) in tensors)
        {
            header[name] = new JsonObject
            {
                ["dtype"] = kind,
                ["shape"] = new JsonArray([.. shape.Select(d => (JsonNode)d)]),
                ["data_offsets"] = new JsonArray(offset, offset + bytes.Length),
            };
            offset += bytes.Length;
        }

        var text = Encoding.UTF8.GetBytes(header.ToJsonString());
        using var file = File.Create(Path.Combine(folder, "model.safetensors"));
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        file.Write(length);
        file.Write(text);
        foreach (var (_, _, _, bytes) in tensors)
            file.Write(bytes);
    }

    private static async Task<float[]> Logprobs(string path, int[] tokens)
    {
        using var engine = KvasirEngine.Load(path);
        var generation = engine.Submit(new GenerationRequest { Prompt = tokens, MaxTokens = 8, IgnoreStopTokens = true, TopLogprobs = 5 });
        var answer = (await generation.CompleteAsync())[0];
        return [.. answer.TopLogprobs!.SelectMany(row => row).SelectMany(entry => new[] { entry.Token, entry.Logprob })];
    }
}
