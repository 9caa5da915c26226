using Kvasir.Engine.Compression.Profiling;
using Kvasir.KvCache.Compression.Profiles;

namespace Kvasir.Engine.Tests.Compression;

public sealed class RankProfilerTests(RankProfileFixture fixture) : IClassFixture<RankProfileFixture>
{
    [Theory]
    [InlineData(5)]
    [InlineData(24)]
    public void Directions_LoseWhatTheySay_AndAnyOthersMore(int n)
    {
        var random = new Random(n);
        double[] mix = Numbers(n * n), heavy = Numbers(n * n);
        double[][] rows = [.. Enumerable.Range(0, 300).Select(_ =>
        {
            double[] z = [.. Numbers(n).Select((x, i) => x / (1 + i))];
            return (double[])[.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, n).Sum(j => mix[(i * n) + j] * z[j]))];
        })];
        double[] moments = [.. Enumerable.Range(0, n * n).Select(at => rows.Average(row => row[at / n] * row[at % n]))];
        double[] metric = [.. Enumerable.Range(0, n * n).Select(at => Enumerable.Range(0, n).Sum(k => heavy[(k * n) + (at / n)] * heavy[(k * n) + (at % n)]))];
        var basis = RankMath.Basis(moments, metric, n);
        var any = RankMath.Random(moments, n, seed: 1);
        for (var rank = 0; rank <= n; rank++)
        {
            var told = basis.Losses.Skip(rank).Sum(loss => (double)loss);
            var lost = Lost(basis, rank);
            Assert.Equal(told, lost, 1e-3 * basis.Losses.Sum());
            if (rank > 0 && rank < n)
                Assert.True(lost < Lost(any, rank), $"rank {rank}: {lost} against {Lost(any, rank)}");
        }

        Assert.Equal(basis.Losses.OrderDescending(), basis.Losses);

        double[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.5)];

        // The mean of (x - x')ᵀ M (x - x'), by the definition.
        double Lost(RankBasis by, int rank) => rows.Average(row =>
        {
            double[] left = [.. row];
            for (var r = 0; r < rank; r++)
            {
                var latent = Enumerable.Range(0, n).Sum(i => by.Encode[(r * n) + i] * row[i]);
                for (var i = 0; i < n; i++)
                    left[i] -= latent * by.Decode[(r * n) + i];
            }

            return Enumerable.Range(0, n * n).Sum(at => left[at / n] * metric[at] * left[at % n]);
        });
    }

    [Fact]
    public void Ranks_AreTheDearestDirections_OfTheWholeModel_WithinTheShare()
    {
        var profile = fixture.Ranks;
        foreach (var (share, bits) in new[] { (0.25, 16), (0.5, 16), (1, 16), (0.2, 4), (0.3, 8) })
        {
            var ranks = profile.Ranks(share, bits);
            var bases = profile.Bases(share, bits);
            Assert.Same(bases, profile.Bases(share, bits));
            var bytes = Enumerable.Range(0, profile.Layers.Count).Sum(layer => (double)bases.RowBytes(layer)) / (profile.Layers.Count * 4 * profile.KvHeads * profile.HeadDim);
            Assert.InRange(bytes, (share * 0.985) - 0.01, share);
            var kept = profile.Layers.SelectMany((layer, l) => layer.Select((basis, part) => ranks[l][part] > 0 ? basis.Losses[ranks[l][part] - 1] : float.MaxValue)).Min();
            var left = profile.Layers.SelectMany((layer, l) => layer.Select((basis, part) => ranks[l][part] < profile.HeadDim ? basis.Losses[ranks[l][part]] : 0)).Max();
            Assert.True(kept >= left);
        }
    }

    [Fact]
    public void AFile_HoldsTheProfile_AndOthersAreRefused()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("kvasir-ranks-").FullName, "model.ranks");
        RankProfileFile.Write(fixture.Ranks, path);
        var read = RankProfileFile.Read(path);
        Assert.Equal((fixture.Ranks.Fingerprint, fixture.Ranks.KvHeads, fixture.Ranks.HeadDim, 1), (read.Fingerprint, read.KvHeads, read.HeadDim, read.GroupHeads));
        foreach (var (one, other) in fixture.Ranks.Layers.SelectMany(layer => layer).Zip(read.Layers.SelectMany(layer => layer)))
            Assert.Equal(one.Losses.Concat(one.Mean).Concat(one.Encode).Concat(one.Decode), other.Losses.Concat(other.Mean).Concat(other.Encode).Concat(other.Decode));
        var bytes = File.ReadAllBytes(path);
        foreach (var length in new[] { 0, 5, 20, bytes.Length - 1 })
        {
            File.WriteAllBytes(path, bytes[..length]);
            Assert.Throws<InvalidDataException>(() => RankProfileFile.Read(path));
        }

        File.WriteAllText(path, """{"kind": "kvasir-head-profile"}""");
        Assert.Contains("profile-ranks", Assert.Throws<InvalidDataException>(() => RankProfileFile.Read(path)).Message, StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void LayersAreWeighed_AndHeadsShareDirections()
    {
        var options = new RankProfileOptions { MaxTokens = 700, PieceTokens = 350, JudgedTokens = 4, JudgedPieces = 1, GroupHeads = 2 };
        var profile = RankProfiler.Measure(RankProfileFixture.Model, RankProfileFixture.Text, options, new EngineOptions { Threads = 2, MaxContext = 512 });
        Assert.Equal(2, profile.GroupHeads);
        Assert.All(profile.Layers.SelectMany(layer => layer), basis => Assert.Equal(2 * profile.HeadDim, basis.Losses.Length));
        var half = profile.Ranks(0.5, 16);
        Assert.True(half.Select(layer => layer.Sum()).Distinct().Count() > 1);
        Assert.Throws<ArgumentException>(() => RankProfiler.Measure(RankProfileFixture.Model, RankProfileFixture.Text, options with { GroupHeads = 3 }, new EngineOptions { MaxContext = 512 }));
        Assert.Contains("directions", Assert.Throws<ArgumentException>(() => RankProfiler.Measure(RankProfileFixture.Model, "Too short.", options, new EngineOptions { MaxContext = 512 })).Message, StringComparison.Ordinal);
    }
}
