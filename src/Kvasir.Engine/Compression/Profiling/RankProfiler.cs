using Kvasir.Engine.Loading;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Compression.Profiles;
using Kvasir.Numerics;

namespace Kvasir.Engine.Compression.Profiling;

/// <summary>
/// Measures in which directions a model's keys and values lie (Palu, Chang et al. 2024). Rows W x cut to the main directions of their second moments
/// are what the paper's whitened singular value decomposition of W gives.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>An error of a key matters by what queries make of it. Where a head is rotated, two positions meet at any angle, so that the squares of
/// queries by rotated pair are its weight; they do not change with the rotation. An error of a value matters by the output matrix behind it.</item>
/// <item>What a layer's keys or values are worth to the answer: the paper has the Fisher information, from gradients. An engine has none, but to second
/// order that information <em>is</em> the divergence of the answers, which is measured: half of the directions of one layer's keys, or values, are
/// left out, alone, and the divergence for each unit of what was left out is the weight of all of them.</item>
/// </list>
/// </remarks>
public static class RankProfiler
{
    private const int StepRows = 128;

    /// <summary>Measures a model.</summary>
    /// <param name="modelPath">The model.</param>
    /// <param name="text">A text of the kind that it will read.</param>
    /// <param name="options">How.</param>
    /// <param name="engineOptions">Threads and the like.</param>
    /// <param name="progress">Hears what has been done, of how much.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="InvalidOperationException">The model has no tokenizer, or its rows cannot be packed; says why.</exception>
    /// <exception cref="ArgumentException">The text is too short, or heads do not go in such groups.</exception>
    public static RankProfile Measure(
        string modelPath, string text, RankProfileOptions options, EngineOptions engineOptions, IProgress<(int Done, int Of)>? progress = null, CancellationToken cancellation = default)
    {
        using var model = LoadedModel.Open(modelPath, engineOptions);
        var tokenizer = model.File.Tokenizer ?? throw new InvalidOperationException($"{modelPath} has no tokenizer, so it cannot read calibration text");
        int[] begin = tokenizer.BosId is { } bos ? [bos] : [];
        return Measure(model, [.. tokenizer.Encode(text).Take(options.MaxTokens).Chunk(options.PieceTokens - begin.Length).Select(piece => (int[])[.. begin, .. piece])], options, progress, cancellation);
    }

    /// <summary>Measures a model with pieces of a text in its tokens.</summary>
    internal static RankProfile Measure(
        LoadedModel model, IReadOnlyList<int[]> pieces, RankProfileOptions options, IProgress<(int Done, int Of)>? progress = null, CancellationToken cancellation = default)
    {
        var config = model.Config;
        if (CompressionLimits.WhyNot(config, KvCache.Virtual.KvMemory.Paged) is { } reason)
            throw new InvalidOperationException($"rows of this model cannot be kept as projections: {reason}");
        if (options.GroupHeads < 1 || config.KvHeads % options.GroupHeads != 0)
            throw new ArgumentException($"the model's {config.KvHeads} KV heads do not go in groups of {options.GroupHeads}", nameof(options));
        if (pieces.Sum(piece => piece.Length) < options.GroupHeads * config.HeadDim)
            throw new ArgumentException($"a text of {pieces.Sum(piece => piece.Length)} tokens cannot show {options.GroupHeads * config.HeadDim} directions; give a longer one", nameof(pieces));
        int[][] judged = [.. pieces.Where(piece => piece.Length > 2 * options.JudgedTokens).Take(options.JudgedTokens > 0 ? options.JudgedPieces : 0)];
        var total = pieces.Count + (judged.Length * 2 * config.Layers);
        using var run = new ProfileRun(model, pieces.Max(piece => piece.Length) + 1, StepRows);
        var probe = new RankProbe(model, options.GroupHeads);
        for (var i = 0; i < pieces.Count; i++)
        {
            run.Run(new GenerationRequest { Prompt = pieces[i], MaxTokens = 1, UsePrefixCache = false, LayerPolicy = () => probe }, null, cancellation);
            progress?.Report((i + 1, total));
        }

        var layers = new RankBasis[config.Layers][];
        Parallel.For(0, config.Layers, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, layer => layers[layer] = Bases(model, probe, layer, options));
        var profile = new RankProfile { Fingerprint = model.File.Fingerprint.ToString(), KvHeads = config.KvHeads, HeadDim = config.HeadDim, Layers = layers };
        return judged.Length == 0
            ? profile
            : new RankJudge(run, judged, options.JudgedTokens, cancellation).Weigh(profile, done => progress?.Report((pieces.Count + done, total)));
    }

    private static RankBasis[] Bases(LoadedModel model, RankProbe probe, int layer, RankProfileOptions options)
    {
        var config = model.Config;
        var (dim, width) = (config.HeadDim, options.GroupHeads * config.HeadDim);
        var bases = new RankBasis[probe.Moments[layer].Length];
        var group = config.QueryHeads / config.KvHeads;
        for (var part = 0; part < bases.Length; part++)
        {
            var moments = probe.Moments[layer][part];
            double[] mean = [.. probe.Sums[layer][part].Select(sum => options.Directions == RankDirections.Moments ? 0 : sum / Math.Max(1, probe.Rows))];
            for (var i = 0; i < width; i++)
            {
                for (var j = i; j < width; j++)
                    moments[(j * width) + i] = moments[(i * width) + j] = (moments[(i * width) + j] / Math.Max(1, probe.Rows)) - (mean[i] * mean[j]);
            }

            var metric = new double[width * width];
            for (var i = 0; i < width; i++)
                metric[(i * width) + i] = 1;
            for (var head = 0; options.Directions == RankDirections.Weighted && head < options.GroupHeads; head++)
            {
                var first = ((part / 2 * options.GroupHeads) + head) * group;
                var block = part % 2 == 0 ? OfQueries(model, probe, layer, first, group) : OfOutputs(model, layer, first, group);
                for (var i = 0; i < dim * dim; i++)
                    metric[(((head * dim) + (i / dim)) * width) + (head * dim) + (i % dim)] = block[i];
            }

            var basis = options.Directions == RankDirections.Random
                ? RankMath.Random(moments, width, seed: (layer * bases.Length) + part)
                : RankMath.Basis(moments, metric, width);
            bases[part] = basis with { Mean = [.. mean.Select(x => (float)x)] };
        }

        return bases;
    }

    /// <summary>The weight of errors of a key: squares of its queries, of both dimensions of a rotated pair together.</summary>
    private static double[] OfQueries(LoadedModel model, RankProbe probe, int layer, int first, int count)
    {
        var dim = model.Config.HeadDim;
        var half = model.RopeOf(layer)?.Half ?? 0;
        var scale = (double)model.Config.ScoreScale(layer);
        var weights = new double[dim];
        for (var q = first; q < first + count; q++)
        {
            for (var d = 0; d < dim; d++)
                weights[d] += scale * scale * probe.Queries[layer][0][(q * dim) + d] / Math.Max(1, probe.Rows);
        }

        for (var i = 0; i < half; i++)
            weights[i] = weights[half + i] = (weights[i] + weights[half + i]) / 2;
        var metric = new double[dim * dim];
        for (var d = 0; d < dim; d++)
            metric[(d * dim) + d] = weights[d];
        return metric;
    }

    /// <summary>The weight of errors of a value: what the output matrix makes of it, for all query heads that read it.</summary>
    private static unsafe double[] OfOutputs(LoadedModel model, int layer, int first, int count)
    {
        var (dim, hidden, width) = (model.Config.HeadDim, model.Config.HiddenSize, model.Config.QueryHeads * model.Config.HeadDim);
        using var ones = new NativeBuffer((nuint)(dim * width * sizeof(float)));
        using var columns = new NativeBuffer((nuint)(dim * hidden * sizeof(float)));
        var metric = new double[dim * dim];
        for (var q = first; q < first + count; q++)
        {
            var rows = ones.AsSpan<float>();
            rows.Clear();
            for (var d = 0; d < dim; d++)
                rows[(d * width) + (q * dim) + d] = 1;
            lock (model)
                model.Backend.MatMul((float*)ones.Pointer, dim, model.Weights.Layers[layer].Attention!.Output, (float*)columns.Pointer);
            var read = columns.AsSpan<float>();
            for (var i = 0; i < dim; i++)
            {
                for (var j = 0; j < dim; j++)
                {
                    for (var h = 0; h < hidden; h++)
                        metric[(i * dim) + j] += (double)read[(i * hidden) + h] * read[(j * hidden) + h];
                }
            }
        }

        return metric;
    }
}
