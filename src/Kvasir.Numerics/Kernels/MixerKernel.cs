using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Kernels;

/// <summary>The parts of a <see cref="MixerCall"/> that threads share: rows of the convolution, heads of the scan.</summary>
internal static unsafe class MixerKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Softplus is its argument from here on.</summary>
    private const float LargeStep = 20;

    /// <summary>silu(bias + one chain over the rows seen, the oldest first), for rows <c>[firstRow, endRow)</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Convolve(in MixerCall call, int firstRow, int endRow)
    {
        var width = call.ConvolutionWidth;
        for (var row = firstRow; row < endRow; row++)
        {
            var output = call.Convolved + ((long)row * width);
            var c = 0;
            for (; c <= width - 16; c += 16)
            {
                var sum = call.TapBias == null ? TLanes.Broadcast(0) : TLanes.Load(call.TapBias + c);
                for (var tap = 0; tap < call.Kernel; tap++)
                    sum = TLanes.Fma(TLanes.Load(call.Taps + (tap * width) + c), TLanes.Load(InputOf(call, row - call.Kernel + 1 + tap) + c), sum);
                TLanes.Store(Elementary.Silu(sum), output + c);
            }

            for (; c < width; c++)
            {
                var sum = call.TapBias == null ? 0 : call.TapBias[c];
                for (var tap = 0; tap < call.Kernel; tap++)
                    sum = MathF.FusedMultiplyAdd(call.Taps[(tap * width) + c], InputOf(call, row - call.Kernel + 1 + tap)[c], sum);
                output[c] = Elementary.Silu(sum);
            }
        }
    }

    /// <summary>Takes the rows through the states of heads <c>[firstHead, endHead)</c>.</summary>
    public static void Scan(in MixerCall call, int firstHead, int endHead)
    {
        for (var head = firstHead; head < endHead; head++)
        {
            var size = call.HeadStateSize;
            var state = call.State + ((long)head * size);
            for (var row = 0; row < call.Rows; row++)
            {
                if (call.Vectors == null)
                    Step(call, head, row, state);
                else
                    SelectiveKernel<TLanes>.Step(call, head, row, state);
                if (row + 1 == call.SnapshotRow)
                    new ReadOnlySpan<float>(state, size).CopyTo(new Span<float>(call.SnapshotState + ((long)head * size), size));
            }
        }
    }

    /// <summary>Keeps the inputs that the convolution of the next rows sees; nothing else may run beside it.</summary>
    public static void Remember(in MixerCall call)
    {
        if (call.SnapshotRow > 0)
            History(call, call.SnapshotRow, call.SnapshotHistory);

        // In ascending order, from behind each place: what is overwritten was read before.
        History(call, call.Rows, call.History);
    }

    private static void History(in MixerCall call, int rows, float* to)
    {
        var width = call.ConvolutionWidth;
        for (var i = 0; i < call.Kernel - 1; i++)
        {
            var from = InputOf(call, rows - call.Kernel + 1 + i);
            new ReadOnlySpan<float>(from, width).CopyTo(new Span<float>(to + ((long)i * width), width));
        }
    }

    /// <summary>Inputs of a row of the call, or of one before it.</summary>
    private static float* InputOf(in MixerCall call, int row) => row >= 0
        ? call.Input + ((long)row * call.Stride)
        : call.History + ((long)(call.Kernel - 1 + row) * call.ConvolutionWidth);

    /// <summary>state = state * e^(step * decay) + step * x * b; y = state · c + skip * x, chains over the state's ascending elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Step(in MixerCall call, int head, int row, float* state)
    {
        var width = call.Heads * call.HeadDim;
        var x = call.Convolved + ((long)row * call.ConvolutionWidth) + (head * call.HeadDim);
        var b = call.Convolved + ((long)row * call.ConvolutionWidth) + width + (head / (call.Heads / call.Groups) * call.StateSize);
        var c = b + (call.Groups * call.StateSize);
        var y = call.Output + ((long)row * width) + (head * call.HeadDim);
        var step = StepOf(call, head, row);
        var keep = Elementary.Exp(step * call.Decay[head]);
        var skip = call.Skip[head];
        var d = 0;
        for (; d <= call.HeadDim - 16; d += 16)
        {
            var value = TLanes.Load(x + d);
            var taken = value * TLanes.Broadcast(step);
            var kept = TLanes.Broadcast(keep);
            var sum = TLanes.Broadcast(0);
            for (var n = 0; n < call.StateSize; n++)
            {
                var place = state + (n * call.HeadDim) + d;
                var s = TLanes.Fma(taken, TLanes.Broadcast(b[n]), TLanes.Load(place) * kept);
                TLanes.Store(s, place);
                sum = TLanes.Fma(s, TLanes.Broadcast(c[n]), sum);
            }

            TLanes.Store(TLanes.Fma(TLanes.Broadcast(skip), value, sum), y + d);
        }

        for (; d < call.HeadDim; d++)
        {
            var taken = x[d] * step;
            var sum = 0f;
            for (var n = 0; n < call.StateSize; n++)
            {
                ref var s = ref state[(n * call.HeadDim) + d];
                s = MathF.FusedMultiplyAdd(taken, b[n], s * keep);
                sum = MathF.FusedMultiplyAdd(s, c[n], sum);
            }

            y[d] = MathF.FusedMultiplyAdd(skip, x[d], sum);
        }
    }

    /// <summary>ln(1 + e^x).</summary>
    public static float Softplus(float x) => x > LargeStep || float.IsNaN(x) ? x : x < -80 ? 0 : (float)Elementary.Log(1 + Elementary.Exp((double)x));

    /// <summary>A head's step within the limits.</summary>
    private static float StepOf(in MixerCall call, int head, int row)
    {
        var step = Softplus(call.Steps[((long)row * call.Stride) + head] + call.StepBias[head]);
        return step < call.MinStep ? call.MinStep : step > call.MaxStep ? call.MaxStep : step;
    }
}
