using System.Text;
using Kvasir.Models.Tests.Support;
using Kvasir.Numerics;

namespace Kvasir.Models.Tests.Files;

/// <summary>Damaged files: an exception that names the file, and nothing else, whatever the bytes are.</summary>
public class HostileFileTests : IDisposable
{
    private readonly TinyModel _tiny = new();
    private readonly string _gguf;

    public HostileFileTests()
    {
        _gguf = _tiny.PathOf("tiny.gguf");
        using var model = ModelFile.Open(_tiny.Folder);
        ModelConverter.Convert(model, _gguf, new ConversionOptions { Type = DataType.Q5_1, Rounding = new NearestRounding() });
    }

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void MutatedGgufFiles_OpenOrAreRefused()
    {
        int header = HeaderLength(_gguf);
        Mutate(_gguf, _gguf, header, seed: 20, count: 1500);
    }

    [Fact]
    public void MutatedSafetensorsFiles_OpenOrAreRefused()
    {
        string path = _tiny.PathOf("model.safetensors");
        int header = 8 + (int)BitConverter.ToUInt64(File.ReadAllBytes(path));
        Mutate(path, _tiny.Folder, header, seed: 21, count: 1000);
    }

    [Theory]
    [InlineData("tokenizer.json", 600)]
    [InlineData("config.json", 600)]
    [InlineData("tokenizer_config.json", 400)]
    public void MutatedJsonFiles_OpenOrAreRefused(string name, int count)
    {
        string path = _tiny.PathOf(name);
        Mutate(path, _tiny.Folder, (int)new FileInfo(path).Length, seed: 22, count);
    }

    [Fact]
    public void AnIncompleteDownload_IsCalledOne()
    {
        File.WriteAllBytes(_gguf, File.ReadAllBytes(_gguf)[..^1000]);
        var error = Assert.Throws<ModelFormatException>(() => ModelFile.Open(_gguf));
        Assert.Contains("incomplete download", error.Message, StringComparison.Ordinal);
        Assert.Contains(_gguf, error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Offset);
    }

    [Theory]
    [InlineData(0, 0x21212121UL, "does not begin with")]
    [InlineData(4, 1UL, "version 1")]
    [InlineData(4, 0x03000000UL, "big-endian")]
    [InlineData(8, ulong.MaxValue, "tensor count")]
    [InlineData(16, ulong.MaxValue / 2, "metadata count")]
    [InlineData(24, ulong.MaxValue, "metadata key 0")]
    public void AHeaderFieldOutOfBounds_IsRefusedBeforeAnythingIsAllocated(int offset, ulong value, string expected)
    {
        var bytes = File.ReadAllBytes(_gguf);
        BitConverter.GetBytes(value).AsSpan(0, offset < 8 ? 4 : 8).CopyTo(bytes.AsSpan(offset));
        File.WriteAllBytes(_gguf, bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<ModelFormatException>(() => ModelFile.Open(_gguf));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4 << 20);
    }

    [Fact]
    public void TensorTablesThatLie_AreRefused_NamingTheTensor()
    {
        Assert.Contains("overlap", Refusal(("a", 0, [32], 0), ("b", 0, [32], 64)), StringComparison.Ordinal);
        Assert.Contains("\"a\" occurs twice", Refusal(("a", 0, [32], 0), ("a", 0, [32], 128)), StringComparison.Ordinal);
        Assert.Contains("not aligned", Refusal(("a", 0, [32], 8)), StringComparison.Ordinal);
        Assert.Contains("impossible dimension", Refusal(("a", 0, [1UL << 40, 1UL << 40], 0)), StringComparison.Ordinal);
        Assert.Contains("impossible dimension", Refusal(("a", 0, [0], 0)), StringComparison.Ordinal);
        Assert.Contains("impossible dimension", Refusal(("a", 0, [ulong.MaxValue], 0)), StringComparison.Ordinal);
        Assert.Contains("5 dimensions", Refusal(("a", 0, [1, 1, 1, 1, 1], 0)), StringComparison.Ordinal);
        Assert.Contains("no multiple", Refusal(("a", 8, [33], 0)), StringComparison.Ordinal);
        foreach (uint type in (uint[])[10, 11, 23])
        {
            Assert.Contains("no multiple", Refusal(("a", type, [128], 0)), StringComparison.Ordinal);
            Assert.Contains("the file ends", Refusal(("a", type, [256 * 64], 0)), StringComparison.Ordinal);
        }

        foreach (uint type in (uint[])[20, 39])
        {
            Assert.Contains("no multiple", Refusal(("a", type, [48], 0)), StringComparison.Ordinal);
            Assert.Contains("the file ends", Refusal(("a", type, [32 * 256], 0)), StringComparison.Ordinal);
        }

        Assert.Contains("the file ends", Refusal(("a", 0, [32], ulong.MaxValue - 31)), StringComparison.Ordinal);
        Assert.Contains("the file ends", Refusal(("a", 0, [1UL << 50], 0)), StringComparison.Ordinal);
        Assert.Contains("ggml type 16", Refusal(("a", 16, [256], 0)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}, "b": {"dtype": "F32", "shape": [4], "data_offsets": [8, 24]}}""", "overlap")]
    [InlineData("""{"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}, "a": {"dtype": "F32", "shape": [4], "data_offsets": [16, 32]}}""", "JSON")]
    [InlineData("""{"a": {"dtype": "F32", "shape": [5], "data_offsets": [0, 16]}}""", "needs 20 bytes")]
    [InlineData("""{"a": {"dtype": "F32", "shape": [-4], "data_offsets": [0, 16]}}""", "negative")]
    [InlineData("""{"a": {"dtype": "F32", "shape": [4294967296, 4294967296], "data_offsets": [0, 16]}}""", "overflows")]
    [InlineData("""{"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 1600]}}""", "data bytes")]
    [InlineData("""{"a": {"dtype": "F32", "shape": [4], "data_offsets": [16, 0]}}""", "data bytes")]
    [InlineData("""{"a": {"dtype": "F32", "shape": [4], "data_offsets": [0]}}""", "data_offsets")]
    [InlineData("""{"a": {"dtype": 3}}""", "string was expected")]
    [InlineData("""{"\ud800": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}""", "JSON")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "JSON")]
    public void SafetensorsHeadersThatLie_AreRefused(string header, string expected)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        string path = _tiny.PathOf("model.safetensors");
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. new byte[64]]);
        var error = Assert.Throws<ModelFormatException>(() => ModelFile.Open(_tiny.Folder));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    private static void Mutate(string path, string open, int header, int seed, int count)
    {
        var good = File.ReadAllBytes(path);
        var random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < count; round++)
        {
            var bytes = Damaged.Bytes(good, random, header);
            File.WriteAllBytes(path, bytes);
            try
            {
                using var model = ModelFile.Open(open);
                foreach (var (role, layer, _, _) in model.AllWeights())
                {
                    if (WeightShapes.IsMatrix(role))
                        model.Decode(role, layer);
                    else
                        model.GetVector(role, layer);
                }

                model.Tokenizer?.Encode("hello world 123 <|end|>");
                model.ChatTemplate?.Render([new ChatMessage("user", "hello")], true);
            }
            catch (Exception e) when (e is ModelFormatException or UnsupportedModelException or ChatTemplateException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, round {round}: {e}");
            }
        }

        Assert.InRange(refused, count / 10, count);
    }

    private static int HeaderLength(string path)
    {
        using var file = GgufFile.Open(path);
        return (int)file.Tensors.Values.Min(t => t.Offset);
    }

    private string Refusal(params (string Name, uint Type, ulong[] Dimensions, ulong Offset)[] tensors)
    {
        string path = _tiny.PathOf("table.gguf");
        using (var writer = new BinaryWriter(File.Create(path)))
        {
            writer.Write("GGUF"u8);
            writer.Write(3u);
            writer.Write((ulong)tensors.Length);
            writer.Write(0UL);
            foreach (var (name, type, dimensions, offset) in tensors)
            {
                writer.Write((ulong)name.Length);
                writer.Write(Encoding.UTF8.GetBytes(name));
                writer.Write((uint)dimensions.Length);
                foreach (ulong dimension in dimensions)
                    writer.Write(dimension);
                writer.Write(type);
                writer.Write(offset);
            }

            writer.Write(new byte[4096]);
        }

        return Assert.ThrowsAny<Exception>(() => GgufFile.Open(path).Dispose()) is var e and (ModelFormatException or UnsupportedModelException)
            ? e.Message
            : "another exception";
    }
}
