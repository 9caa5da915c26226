using Kvasir.Engine.Compression;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Compression.Profiles;
using Kvasir.Models;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Fuzzing;

/// <summary>Draws smaller KV caches: any policy, any budget, any compress point.</summary>
internal sealed class RandomCompression
{
    private readonly Random _random;
    private readonly ModelProfiles _profiles;
    private readonly string[] _dropping;
    private readonly bool _packs;
    private readonly bool _projects;

    public RandomCompression(Random random, ModelConfig config, KvLayout layout)
    {
        _random = random;
        _projects = !layout.IsQuantized;
        _packs = _projects && layout.HeadDim % PackedForm.GroupRows == 0;
        _profiles = new ModelProfiles(new HeadProfile
        {
            Fingerprint = "",
            KvHeads = config.KvHeads,
            Echo = Scores(),
            Induction = Scores(),
            Semantic = Scores(),
            Retrieval = Scores(),
            LayerErrors = [.. Enumerable.Repeat(1.0 / config.Layers, config.Layers)],
            Found = 1,
            Asked = 1,
        }, Ranks(random, layout), new AlibiScopes { KvHeads = config.KvHeads, Slopes = [.. Enumerable.Range(0, config.QueryHeads).Select(_ => 0.05 + random.NextDouble())], Content = Scores(), Bound = Scores() });
        var shape = new CompressionShape(config.Layers, config.QueryHeads, config.KvHeads, config.HeadDim, Budget: 1000);
        var moves = config.WhyRowsStay() is null;
        _dropping = [.. CompressionPolicies.Names.Where(name => !CompressionPolicies.KeepsAllRows(name) && (moves || CompressionPolicies.Create(name, _profiles).Start(shape).ShiftedRows == 0))];

        double[][] Scores() =>
            [.. Enumerable.Range(0, config.Layers).Select(_ => Enumerable.Range(0, config.QueryHeads).Select(_ => random.NextDouble()).ToArray())];
    }

    /// <summary>Draws one for a prompt of so many tokens.</summary>
    public KvCompression Draw(int promptLength)
    {
        int? point = _random.Next(3) == 0 ? _random.Next(1, promptLength + 1) : null;
        if (_projects && _random.Next(6) == 0)
            return new() { Policy = new PaluPolicy(_profiles.Ranks!, 4 << _random.Next(3), windowRows: _random.Next(60)), Share = 0.1 + (0.9 * _random.NextDouble()), Point = point };
        return new() { Policy = Policy(), Rows = _random.Next(1, promptLength + 9), Point = point };
    }

    private ICompressionPolicy Policy()
    {
        var bits = _random.Next(2) == 0 ? 4 : 2;
        if (_packs && _random.Next(4) == 0)
            return new KiviPolicy(bits, windowRows: _random.Next(60));
        var name = _dropping[_random.Next(_dropping.Length)];
        var policy = CompressionPolicies.Create(name, _profiles);
        return _packs && _random.Next(3) > 0 && CompressionPolicies.WhyNot($"{name}+kivi{bits}") is null ? new PackedSelectionPolicy(policy, bits, windowRows: _random.Next(60)) : policy;
    }

    /// <summary>Any directions, for each head or for groups of heads.</summary>
    private static RankProfile Ranks(Random random, KvLayout layout)
    {
        var group = random.Next(2) == 0 ? 1 : layout.KvHeads;
        var width = group * layout.HeadDim;
        return new RankProfile { Fingerprint = "", KvHeads = layout.KvHeads, HeadDim = layout.HeadDim, Layers = [.. Enumerable.Range(0, layout.Layers).Select(_ => (RankBasis[])[.. Enumerable.Range(0, 2 * layout.KvHeads / group).Select(_ => Basis())])] };

        RankBasis Basis() => new([.. Numbers(width).OrderDescending()], Numbers(width * width), Numbers(width * width), Numbers(width));

        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * 3 / MathF.Sqrt(width))];
    }
}
