using Kvasir.Models.Tests.Support;
using Kvasir.Numerics;

namespace Kvasir.Models.Tests.Conversion;

public class TypeMixTests
{
    [Fact]
    public void TheMix_StaysUnderItsBits_AndMoreBitsLoseLess()
    {
        using var tiny = new TinyModel();
        using var source = ModelFile.Open(tiny.Folder);
        double last = double.MaxValue;
        foreach (double bits in (double[])[4.6, 5.5, 7])
        {
            var report = ModelConverter.Convert(source, tiny.PathOf("a.gguf"), TypeMix.Choose(source, new ConversionOptions(), bits));
            Assert.InRange(report.BitsPerWeight, 4.5, bits);
            double loss = report.Matrices.Sum(m => m.WeightedError);
            Assert.True(loss < last, $"{loss} at {bits} bits, {last} with fewer");
            last = loss;
        }

        Assert.Contains("more bits", Assert.Throws<ArgumentException>(() => TypeMix.Choose(source, new ConversionOptions(), 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GivenRules_StandAboveTheMix()
    {
        using var tiny = new TinyModel();
        using var source = ModelFile.Open(tiny.Folder);
        var options = new ConversionOptions { Overrides = TypeRule.ParseList("blk.*.ffn_down=Q4_0") };
        var report = ModelConverter.Convert(source, tiny.PathOf("a.gguf"), TypeMix.Choose(source, options, 6));
        Assert.All(report.Matrices, m => Assert.Equal(m.Name.Contains("ffn_down", StringComparison.Ordinal), m.To == DataType.Q4_0 && m.Name.Contains("ffn_down", StringComparison.Ordinal)));
        Assert.InRange(report.BitsPerWeight, 4.5, 6);
    }

    [Fact]
    public void AMatrixOfWhichOneColumnIsHeard_BearsFewerBits()
    {
        using var tiny = new TinyModel();
        using var source = ModelFile.Open(tiny.Folder);
        var statistics = new ActivationStatistics();
        int columns = source.DescribeMatrix(WeightRole.Down, 1).Columns;
        statistics.SetImportance(WeightRole.Down, 1, [1, .. new float[columns - 1]]);
        var options = new ConversionOptions { Rounding = new SearchedRounding(statistics), Importance = statistics };
        var report = ModelConverter.Convert(source, tiny.PathOf("a.gguf"), TypeMix.Choose(source, options, 5.5));
        var even = report.Matrices.Single(m => m.Name == "blk.0.ffn_down.weight");
        var one = report.Matrices.Single(m => m.Name == "blk.1.ffn_down.weight");
        Assert.True(one.To.RowBytes(columns) < even.To.RowBytes(columns), $"{one.To} against {even.To}");
        Assert.True(one.WeightedError < one.RelativeError / 2, $"{one.WeightedError} against {one.RelativeError}");
    }

    [Fact]
    public void AKindThatWasMeasuredToMatterMore_GetsMoreBits()
    {
        using var tiny = new TinyModel();
        using var source = ModelFile.Open(tiny.Folder);
        var kinds = TypeMix.Kinds(source, new ConversionOptions { Overrides = TypeRule.ParseList("token_embd=Q8_0") });
        Assert.DoesNotContain(kinds, kind => kind.Kind.StartsWith("token_embd", StringComparison.Ordinal));
        Assert.All(kinds.Single(kind => kind.Kind == "attn_v.weight").Names, name => Assert.EndsWith(".attn_v.weight", name, StringComparison.Ordinal));
        Assert.True(ValueBytes("attn_v.weight") > ValueBytes("ffn_up.weight"));

        long ValueBytes(string sensitive)
        {
            var sensitivity = TypeMix.Kinds(source, new ConversionOptions()).ToDictionary(kind => kind.Kind, kind => kind.Kind == sensitive ? 100.0 : 1);
            var report = ModelConverter.Convert(source, tiny.PathOf("a.gguf"), TypeMix.Choose(source, new ConversionOptions(), 5.5, sensitivity));
            return report.Matrices.Where(m => TypeMix.Kind(m.Name) == "attn_v.weight").Sum(m => m.To.RowBytes(m.Columns) * m.Rows);
        }
    }

    [Fact]
    public void Spending_OnHulls_IsWithinOneStepOfTheBestChoice()
    {
        var random = new Random(3);
        for (int round = 0; round < 200; round++)
        {
            var ladders = new List<(string, List<TypeStep>)>();
            for (int i = 0; i < 4; i++)
            {
                var steps = new List<TypeStep>();
                for (int s = 0; s < 4; s++)
                    steps.Add(new TypeStep(DataType.Q4_K, random.Next(1, 100), random.NextDouble()));
                ladders.Add(($"{i}", TypeMix.Hull(steps)));
            }

            long least = ladders.Sum(l => l.Item2[0].Bytes);
            long budget = least + random.Next(150);
            var at = TypeMix.Spend(ladders, budget);
            long bytes = 0;
            double loss = 0, slack = 0;
            for (int i = 0; i < 4; i++)
            {
                bytes += ladders[i].Item2[at[i]].Bytes;
                loss += ladders[i].Item2[at[i]].Loss;
                for (int s = 1; s < ladders[i].Item2.Count; s++)
                    slack = Math.Max(slack, ladders[i].Item2[s - 1].Loss - ladders[i].Item2[s].Loss);
            }

            Assert.True(bytes <= budget, $"seed 3, round {round}: {bytes} > {budget}");
            Assert.True(loss <= Best(ladders, 0, budget) + slack + 1e-12, $"seed 3, round {round}: {loss} against {Best(ladders, 0, budget)}");
        }
    }

    private static double Best(List<(string Name, List<TypeStep> Steps)> ladders, int from, long budget)
    {
        if (from == ladders.Count)
            return 0;
        double best = double.PositiveInfinity;
        foreach (var step in ladders[from].Steps.Where(step => step.Bytes <= budget))
            best = Math.Min(best, step.Loss + Best(ladders, from + 1, budget - step.Bytes));
        return best;
    }
}
