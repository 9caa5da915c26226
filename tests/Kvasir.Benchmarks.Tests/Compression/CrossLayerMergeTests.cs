using Kvasir.Benchmarks.Compression;

namespace Kvasir.Benchmarks.Tests.Compression;

public sealed class CrossLayerMergeTests
{
    [Fact]
    public void Direction_LiesOnTheArc_WhereItsPartOfTheAngleIs()
    {
        var random = new Random(4);
        for (var draw = 0; draw < 200; draw++)
        {
            var (from, to, part) = (Unit(), Unit(), random.NextDouble());
            var direction = CrossLayerMerge.Direction(from, to, part);
            var angle = Math.Acos(Dot(from, to));
            Assert.Equal(1, Dot(direction, direction), 1e-9);
            Assert.Equal(part * angle, Math.Acos(Dot(from, direction)), 1e-6);
            Assert.Equal((1 - part) * angle, Math.Acos(Dot(direction, to)), 1e-6);
            Assert.Equal(from, CrossLayerMerge.Direction(from, from, part).Select(x => Math.Round(x, 12)), (a, b) => Math.Abs(a - b) < 1e-9);
        }

        double[] Unit()
        {
            double[] vector = [.. Enumerable.Range(0, 16).Select(_ => random.NextDouble() - 0.5)];
            return [.. vector.Select(x => x / Math.Sqrt(Dot(vector, vector)))];
        }

        static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
    }
}
