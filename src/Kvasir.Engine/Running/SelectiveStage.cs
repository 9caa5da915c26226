using Kvasir.Engine.Loading;
using Kvasir.Models;
using Kvasir.Numerics;
using Kvasir.Numerics.Kernels;

namespace Kvasir.Engine.Running;

/// <summary>
/// A Mamba mixer (Gu and Dao 2023) over a step's rows. Steps, input and output vectors are made of the convolved values, so that products over
/// all rows lie between each sequence's convolution and its scan.
/// </summary>
internal sealed unsafe class SelectiveStage : RecurrentStage
{
    private readonly NativeBuffer _vectors;
    private readonly NativeBuffer _ranks;
    private readonly NativeBuffer _steps;

    public SelectiveStage(LoadedModel model, RunnerBuffers buffers, ActiveRows active)
        : base(model, buffers, active, model.Config.Recurrent!.Width)
    {
        _vectors = Floats(Config.VectorWidth);
        _ranks = Floats(Config.StepRank);
        _steps = Floats(Config.Width);
    }

    protected override int GateColumn => Config.Width;

    public override void Dispose()
    {
        base.Dispose();
        _vectors.Dispose();
        _ranks.Dispose();
        _steps.Dispose();
    }

    protected override void Mix(StepBatch batch, int layer, MixerWeights weights)
    {
        var sequences = batch.Sequences;
        for (var i = 0; i < sequences.Length; i++)
        {
            if (Active.Part(i) is { Count: > 0 } part)
                Model.Backend.Convolve(SelectiveCall(sequences[i], layer, weights, part));
        }

        Select(layer, weights, Active.Count);
        for (var i = 0; i < sequences.Length; i++)
        {
            if (Active.Part(i) is { Count: > 0 } part)
                Model.Backend.Scan(SelectiveCall(sequences[i], layer, weights, part));
        }
    }

    /// <summary>Steps, input and output vectors of the convolved values.</summary>
    private void Select(int layer, MixerWeights weights, int rows)
    {
        var backend = Model.Backend;
        var vectors = (float*)_vectors.Pointer;
        var (rank, state) = (Config.StepRank, Config.StateSize);
        Observer?.BeforeMatMul([WeightRole.MixerVectors], layer, Convolved, rows, Config.Width);
        backend.MatMul(Convolved, rows, weights.Vectors!, vectors);
        if (weights.StepNorm is { } stepNorm)
            Norm(stepNorm, vectors, rank, (float*)_ranks.Pointer, rank);
        else
            backend.CopyColumns(vectors, Config.VectorWidth, rows, rank, (float*)_ranks.Pointer, rank);
        if (weights.InNorm is { } inNorm)
            Norm(inNorm, vectors + rank, state, vectors + rank, Config.VectorWidth);
        if (weights.OutNorm is { } outNorm)
            Norm(outNorm, vectors + rank + state, state, vectors + rank + state, Config.VectorWidth);
        Observer?.BeforeMatMul([WeightRole.MixerSteps], layer, (float*)_ranks.Pointer, rows, rank);
        backend.MatMul((float*)_ranks.Pointer, rows, weights.Steps!, (float*)_steps.Pointer);

        void Norm(NativeBuffer weight, float* x, int width, float* y, int stride) => backend.Norm(new NormCall
        {
            X = x,
            Rows = rows,
            Stride = Config.VectorWidth,
            Parts = 1,
            Width = width,
            Weight = (float*)weight.Pointer,
            Epsilon = Config.NormEpsilon,
            Kind = NormKind.Rms,
            Y = y,
            YStride = stride,
        });
    }

    private MixerCall SelectiveCall(in BatchSequence sequence, int layer, MixerWeights weights, (int First, int Count) part) =>
        Call(sequence, layer, weights, part, column: 0) with
        {
            Vectors = (float*)_vectors.Pointer + ((long)part.First * Config.VectorWidth) + Config.StepRank,
            VectorStride = Config.VectorWidth,
            Steps = (float*)_steps.Pointer + ((long)part.First * Config.Width),
            StepStride = Config.Width,
        };
}
