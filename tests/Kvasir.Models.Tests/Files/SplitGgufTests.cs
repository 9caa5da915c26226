using Kvasir.Models.Tests.Support;
using Kvasir.Numerics;

namespace Kvasir.Models.Tests.Files;

public sealed class SplitGgufTests : IDisposable
{
    private readonly TinyModel _tiny = new();
    private readonly string _whole;

    public SplitGgufTests()
    {
        _whole = _tiny.PathOf("whole.gguf");
        using var model = ModelFile.Open(_tiny.Folder);
        ModelConverter.Convert(model, _whole, new ConversionOptions { Type = DataType.IQ4_NL, Rounding = new NearestRounding() });
    }

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void AnyPart_OpensAll_AndIsTheWholeModel()
    {
        using var whole = ModelFile.Open(_whole);
        foreach (string part in SplitFile.Write(_whole, _tiny.PathOf("m"), 3))
        {
            using var model = ModelFile.Open(part);
            Assert.Equal(whole.Fingerprint, model.Fingerprint);
            Assert.Equal(whole.Tokenizer!.Encode("hello world"), model.Tokenizer!.Encode("hello world"));
            Assert.Equal(whole.Decode(WeightRole.Down, 1), model.Decode(WeightRole.Down, 1));
        }
    }

    [Fact]
    public void APartThatHoldsNoTensor_IsAPart()
    {
        var parts = SplitFile.Write(_whole, _tiny.PathOf("m"), 2, place: _ => [1]);
        using var model = ModelFile.Open(parts[0]);
        Assert.True(model.Has(WeightRole.Gate, 1));
    }

    [Fact]
    public void MissingParts_AreNamed()
    {
        var parts = SplitFile.Write(_whole, _tiny.PathOf("m"), 6);
        File.Delete(parts[1]);
        Assert.Contains("m-00002-of-00006.gguf is not in the folder", Refusal(parts[0]), StringComparison.Ordinal);
        foreach (string part in parts[2..5])
            File.Delete(part);
        Assert.Contains("m-00003-of-00006.gguf, m-00004-of-00006.gguf and 1 more are not", Refusal(parts[5]), StringComparison.Ordinal);
    }

    [Fact]
    public void PartsUnderWrongNames_AreRefused()
    {
        var parts = SplitFile.Write(_whole, _tiny.PathOf("m"), 3);
        string renamed = _tiny.PathOf("renamed.gguf");
        File.Copy(parts[1], renamed);
        Assert.Contains("-00002-of-00003.gguf", Refusal(renamed), StringComparison.Ordinal);
        File.Copy(parts[1], parts[0], overwrite: true);
        Assert.Contains("says part 1 of 3, the file itself part 2 of 3", Refusal(parts[0]), StringComparison.Ordinal);
        Assert.Contains("split.no", Refusal(parts[2]), StringComparison.Ordinal);
    }

    [Fact]
    public void PartsOfTwoFiles_AreRefused()
    {
        var parts = SplitFile.Write(_whole, _tiny.PathOf("m"), 3, (i, fields) => i == 2 ? fields with { Count = 4 } : fields);
        Assert.Contains("split.count", Refusal(parts[0]), StringComparison.Ordinal);
        SplitFile.Write(_whole, _tiny.PathOf("m"), 3, (i, fields) => i == 1 ? fields with { Tensors = fields.Tensors + 1 } : fields);
        Assert.Contains("parts of two files", Refusal(parts[0]), StringComparison.Ordinal);
        SplitFile.Write(_whole, _tiny.PathOf("m"), 3, (_, fields) => fields with { Tensors = fields.Tensors + 1 });
        Assert.Contains("split.tensors.count", Refusal(parts[0]), StringComparison.Ordinal);
        SplitFile.Write(_whole, _tiny.PathOf("m"), 3, place: i => i == 4 ? [0, 2] : [i % 3]);
        Assert.Contains("is in m-00001-of-00003.gguf too", Refusal(parts[0]), StringComparison.Ordinal);

        // A whole file in a part's place.
        SplitFile.Write(_whole, _tiny.PathOf("m"), 3);
        File.Copy(_whole, parts[1], overwrite: true);
        Assert.Contains("split.count", Refusal(parts[0]), StringComparison.Ordinal);
    }

    [Fact]
    public void DamagedParts_OpenOrAreRefused()
    {
        var parts = SplitFile.Write(_whole, _tiny.PathOf("m"), 2);
        var good = File.ReadAllBytes(parts[1]);
        File.WriteAllBytes(parts[1], good[..^500]);
        Assert.Contains("incomplete download", Refusal(parts[0]), StringComparison.Ordinal);
        var random = new Random(31);
        int refused = 0;
        for (int round = 0; round < 500; round++)
        {
            File.WriteAllBytes(parts[1], Damaged.Bytes(good, random, 1200));
            try
            {
                using var model = ModelFile.Open(parts[round % 2]);
                model.Decode(WeightRole.Down, 1);
            }
            catch (Exception e) when (e is ModelFormatException or UnsupportedModelException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed 31, round {round}: {e}");
            }
        }

        Assert.InRange(refused, 50, 500);
    }

    private static string Refusal(string path) => Assert.Throws<ModelFormatException>(() => ModelFile.Open(path)).Message;
}
