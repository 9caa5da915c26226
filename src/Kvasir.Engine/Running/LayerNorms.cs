using Kvasir.Compute;
using Kvasir.Engine.Loading;
using Kvasir.Models;
using Kvasir.Numerics.Kernels;

namespace Kvasir.Engine.Running;

/// <summary>The norms around the blocks of a layer, and how what a block gives joins the residual stream.</summary>
internal sealed unsafe class LayerNorms(ModelConfig config, IComputeBackend backend, RunnerBuffers buffers)
{
    // Enum.HasFlag boxes until the runtime has optimised its caller.
    private readonly bool _normsInput = (config.NormPlaces & NormPlaces.Input) != 0;
    private readonly bool _normsStream = (config.NormPlaces & NormPlaces.Residual) != 0;

    /// <summary>Norms rows <c>[rows, hidden]</c>.</summary>
    public void Apply(NormWeights norm, float* x, int rows, float* y)
    {
        if (config.Norm == NormKind.Rms)
        {
            backend.RmsNorm(x, rows, config.HiddenSize, (float*)norm.Weight.Pointer, config.NormEpsilon, y);
            return;
        }

        backend.Norm(new NormCall
        {
            X = x,
            Rows = rows,
            Stride = config.HiddenSize,
            Parts = 1,
            Width = config.HiddenSize,
            Weight = (float*)norm.Weight.Pointer,
            Bias = norm.Bias is { } bias ? (float*)bias.Pointer : null,
            Epsilon = config.NormEpsilon,
            Kind = NormKind.Layer,
            Y = y,
            YStride = config.HiddenSize,
        });
    }

    /// <summary>The input of a block: the residual stream, normed where the model norms it there.</summary>
    /// <param name="norm">The block's norm, or null.</param>
    /// <param name="rows">Active rows.</param>
    /// <param name="keepsStream">The residual stream stays as it is, whatever the model does elsewhere.</param>
    public float* Input(NormWeights? norm, int rows, bool keepsStream = false)
    {
        if (norm is null || !_normsInput)
            return buffers.Hidden;
        Apply(norm, buffers.Hidden, rows, buffers.Normed);
        if (config.ResidualFromNorm && !keepsStream)
            backend.CopyColumns(buffers.Normed, config.HiddenSize, rows, config.HiddenSize, buffers.Hidden, config.HiddenSize);
        return buffers.Normed;
    }

    /// <summary>Adds what a block gives to the residual stream.</summary>
    /// <param name="output">The block's output <c>[rows, hidden]</c>; it is changed.</param>
    /// <param name="rows">Active rows.</param>
    /// <param name="outputNorm">Norm of the output, or null.</param>
    /// <param name="streamNorm">Norm of the block where the model norms the stream behind it.</param>
    public void Join(float* output, int rows, NormWeights? outputNorm, NormWeights? streamNorm)
    {
        if (outputNorm is not null)
            Apply(outputNorm, output, rows, output);
        if (config.ResidualScale != 1)
            backend.Scale(output, (long)rows * config.HiddenSize, config.ResidualScale);
        backend.Add(buffers.Hidden, output, (long)rows * config.HiddenSize);
        if (streamNorm is not null && _normsStream)
            Apply(streamNorm, buffers.Hidden, rows, buffers.Hidden);
    }
}
