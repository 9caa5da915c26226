using Kvasir.Engine.Loading;

namespace Kvasir.Engine.Running;

/// <summary>What an encoder does to rows before its output matrix: a dense layer, an activation and a norm (Devlin et al. 2018).</summary>
internal sealed unsafe class HeadStage(LoadedModel model, HeadWeights head, RunnerBuffers buffers, LayerNorms norms)
{
    /// <summary>Changes rows <c>[rows, hidden]</c> in place.</summary>
    public void Run(float* x, int rows)
    {
        var backend = model.Backend;
        var hidden = model.Config.HiddenSize;
        backend.MatMul(x, rows, head.Dense, buffers.HiddenSpare); // free behind the last layer
        if (head.DenseBias is { } bias)
            backend.AddBias(buffers.HiddenSpare, rows, hidden, (float*)bias.Pointer);
        backend.Activate(model.Config.Encoder!.HeadActivation, gated: false, buffers.HiddenSpare, rows, hidden, x);
        norms.Apply(head.Norm, x, rows, x);
    }
}
