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
    private readonly HeadProfile _profile;
    private readonly string[] _dropping;
    private readonly bool _packs;

    public RandomCompression(Random random, ModelConfig config, KvLayout layout)
    {
        _random = random;
        _packs = !layout.IsQuantized && layout.HeadDim % PackedForm.GroupRows == 0;
        _profile = new HeadProfile
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
        };
        var shape = new CompressionShape(config.Layers, config.QueryHeads, config.KvHeads, config.HeadDim, Budget: 1000);
        var moves = config.WhyRowsStay() is null;
        _dropping = [.. CompressionPolicies.Names.Where(name => CompressionPolicies.TakesBudget(name) && (moves || CompressionPolicies.Create(name, _profile).Start(shape).ShiftedRows == 0))];

        double[][] Scores() =>
            [.. Enumerable.Range(0, config.Layers).Select(_ => Enumerable.Range(0, config.QueryHeads).Select(_ => random.NextDouble()).ToArray())];
    }

    /// <summary>Draws one for a prompt of so many tokens.</summary>
    public KvCompression Draw(int promptLength) => new()
    {
        Policy = _packs && _random.Next(4) == 0
            ? new KiviPolicy(_random.Next(2) == 0 ? 4 : 2, windowRows: _random.Next(60))
            : CompressionPolicies.Create(_dropping[_random.Next(_dropping.Length)], _profile),
        Rows = _random.Next(1, promptLength + 9),
        Point = _random.Next(3) == 0 ? _random.Next(1, promptLength + 1) : null,
    };
}
