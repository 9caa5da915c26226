using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Kernels;

/// <summary>The selective scan of a Mamba mixer (Gu and Dao 2023, algorithm 2): lanes run over channels.</summary>
internal static unsafe class SelectiveKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int Lanes = 16;

    /// <summary>
    /// Takes the channels of a head through one row: for each element n of their states
    /// state[n] = state[n] * e^(step * decay[n]) + step * x * b[n]; y = state · c + skip * x, chains over the ascending elements.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Step(in MixerCall call, int head, int row, float* state)
    {
        var width = call.Heads * call.HeadDim;
        var channel = head * call.HeadDim;
        var x = call.Convolved + ((long)row * width) + channel;
        var y = call.Output + ((long)row * width) + channel;
        var b = call.Vectors + ((long)row * call.VectorStride);
        var c = b + call.StateSize;
        var raw = call.Steps + ((long)row * call.StepStride) + channel;
        var bias = call.StepBias + channel;
        var skip = call.Skip + channel;
        var decay = call.Decay + ((long)head * call.HeadStateSize);
        var steps = stackalloc float[Lanes];
        var d = 0;
        for (; d <= call.HeadDim - Lanes; d += Lanes)
        {
            for (var lane = 0; lane < Lanes; lane++)
                steps[lane] = MixerKernel<TLanes>.Softplus(raw[d + lane] + bias[d + lane]);
            var step = TLanes.Load(steps);
            var value = TLanes.Load(x + d);
            var taken = value * step;
            var sum = TLanes.Broadcast(0);
            for (var n = 0; n < call.StateSize; n++)
            {
                var place = state + (n * call.HeadDim) + d;
                var kept = TLanes.Load(place) * Elementary.Exp(step * TLanes.Load(decay + (n * call.HeadDim) + d));
                var s = TLanes.Fma(taken, TLanes.Broadcast(b[n]), kept);
                TLanes.Store(s, place);
                sum = TLanes.Fma(s, TLanes.Broadcast(c[n]), sum);
            }

            TLanes.Store(TLanes.Fma(TLanes.Load(skip + d), value, sum), y + d);
        }

        for (; d < call.HeadDim; d++)
        {
            var step = MixerKernel<TLanes>.Softplus(raw[d] + bias[d]);
            var taken = x[d] * step;
            var sum = 0f;
            for (var n = 0; n < call.StateSize; n++)
            {
                ref var s = ref state[(n * call.HeadDim) + d];
                s = MathF.FusedMultiplyAdd(taken, b[n], s * Elementary.Exp(step * decay[(n * call.HeadDim) + d]));
                sum = MathF.FusedMultiplyAdd(s, c[n], sum);
            }

            y[d] = MathF.FusedMultiplyAdd(skip[d], x[d], sum);
        }
    }
}
