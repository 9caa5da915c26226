using Kvasir.Engine.Loading;
using Kvasir.Engine.Loop;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Streaming;
using Kvasir.Engine.Verification;
using Kvasir.KvCache.Blending;
using Kvasir.KvCache.Pool;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Blending;

/// <summary>
/// Says whether a model's rows can be moved: whether a rotated key rotated on is the key of the other place, and whether a prompt whose
/// chunks are all repaired has the bits of one that was computed. A model that fails answers without chunk reuse, or not at all.
/// </summary>
internal static class BlendGate
{
    private const int ChunkTokens = 24;
    private const double MaxRotationError = 1e-4;

    /// <summary>Checks a model, on the thread that uses its backend; some dozens of rows are computed.</summary>
    /// <returns>What is wrong, or null.</returns>
    public static string? Check(LoadedModel model) => model.Config.WhyRowsStay() ?? CheckRotation(model, model.Rope) ?? CheckProbe(model);

    /// <summary>Compares keys rotated twice with keys rotated once, relative to their length.</summary>
    /// <param name="model">The model, whose rope gives the truth.</param>
    /// <param name="mover">What rotates keys on.</param>
    internal static unsafe string? CheckRotation(LoadedModel model, RopeTable mover)
    {
        var headDim = model.Config.HeadDim;
        using var memory = new NativeBuffer((nuint)(2 * headDim) * sizeof(float));
        using var rotation = new NativeBuffer((nuint)(2 * model.Rope.Half) * sizeof(float));
        var moved = (float*)memory.Pointer;
        var truth = moved + headDim;
        var last = model.MaxContext - 1;
        foreach (var (from, to) in new[] { (0, 1), (1, last), (last, 0), (last / 2, last / 3), (7, Math.Min(last, 5000)) })
        {
            for (var i = 0; i < headDim; i++)
                moved[i] = truth[i] = 1 + (i % 5) - (i % 3);
            model.Backend.Rope(moved, 1, headDim, 1, headDim, model.Rope, [from]);
            model.Backend.Rope(truth, 1, headDim, 1, headDim, model.Rope, [to]);
            mover.Rotation(to - from, (float*)rotation.Pointer);
            KvRowReader.Rotate(new Span<float>(moved, headDim), headDim, (float*)rotation.Pointer, model.Rope.Half);
            double error = 0, norm = 0;
            for (var i = 0; i < headDim; i++)
            {
                error += (moved[i] - (double)truth[i]) * (moved[i] - (double)truth[i]);
                norm += truth[i] * (double)truth[i];
            }

            if (!(error <= MaxRotationError * MaxRotationError * norm))
                return FormattableString.Invariant($"a key moved from position {from} to {to} is off by {Math.Sqrt(error / norm):g3}; the model's rope cannot be moved by a rotation");
        }

        return null;
    }

    /// <summary>Computes a prompt of two chunks, and again with both of them reused and repaired.</summary>
    private static string? CheckProbe(LoadedModel model)
    {
        var options = new EngineOptions { MaxBatchTokens = 4 * ChunkTokens, MaxSequences = 1, BlockRows = model.Layout.BlockRows };
        using var pool = new BlockPool(model.Layout, new BlockPoolOptions { CapacityBlocks = 8 + (16 * ChunkTokens / model.Layout.BlockRows) });
        using var loop = new EngineLoop(model, pool, options);
        var logits = new List<float[]>();
        loop.Observer = (_, row) => logits.Add(row.ToArray());
        int[] tokens = [.. Enumerable.Range(0, (2 * ChunkTokens) + 4).Select(i => ((i * 7919) + 13) % model.Config.VocabSize)];
        Run(tokens, new BlendRequest { Policy = new NaivePolicy(), Parts = [new ChunkPart(1, ChunkTokens), new ChunkPart(ChunkTokens + 1, ChunkTokens)], MinTokens = 1 });
        int[] moved = [.. tokens[..1], .. tokens[(ChunkTokens + 1)..((2 * ChunkTokens) + 1)], .. tokens[1..(ChunkTokens + 1)], .. tokens[((2 * ChunkTokens) + 1)..]];
        Run(moved, null);
        foreach (var policy in (IBlendPolicy[])[new CacheBlendPolicy(1), new NaivePolicy()])
            Run(moved, new BlendRequest { Policy = policy, Parts = [new ChunkPart(1, ChunkTokens), new ChunkPart(ChunkTokens + 1, ChunkTokens)], MinTokens = 1, Store = false });
        if (!logits[1].AsSpan().SequenceEqual(logits[2]))
            return "a prompt whose chunks were all repaired has other bits than one that was computed";
        var comparison = new LogitComparison();
        comparison.Add(logits[1], logits[3]);
        return double.IsFinite(comparison.MeanDivergence) ? null : "a prompt with unrepaired chunks has no finite logits";

        void Run(int[] prompt, BlendRequest? blending)
        {
            var request = new GenerationRequest { Prompt = prompt, MaxTokens = 1, IgnoreStopTokens = true, UsePrefixCache = false, Blending = blending };
            loop.SubmitUnchecked(new Sequence(request, model.Scope(default), 0, 1, new TokenStream(1, null), logits.Count, 0));
            while (!loop.IsIdle)
                loop.Step();
        }
    }
}
