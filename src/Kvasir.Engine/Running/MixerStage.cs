using Kvasir.Engine.Loading;

namespace Kvasir.Engine.Running;

/// <summary>A Mamba-2 mixer (Dao and Gu 2024): steps, input and output vectors are projections of the input; the norm is of the gated values.</summary>
internal sealed unsafe class MixerStage(LoadedModel model, RunnerBuffers buffers, ActiveRows active)
    : RecurrentStage(model, buffers, active, model.Config.Recurrent!.ConvolutionWidth)
{
    protected override int GateColumn => 0;

    protected override void Mix(StepBatch batch, int layer, MixerWeights weights)
    {
        var sequences = batch.Sequences;
        for (var i = 0; i < sequences.Length; i++)
        {
            if (Active.Part(i) is not { Count: > 0 } part)
                continue;
            var call = Call(sequences[i], layer, weights, part, Config.Width);
            Model.Backend.Mix(call with { Steps = call.Input + Config.ConvolutionWidth, MinStep = Config.MinStep, MaxStep = Config.MaxStep });
        }
    }
}
