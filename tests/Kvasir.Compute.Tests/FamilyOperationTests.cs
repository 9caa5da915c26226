using Kvasir.Compute.Tests.Oracle;
using Kvasir.Numerics.Kernels;

namespace Kvasir.Compute.Tests;

/// <summary>The operations of families other than Llama: the same bits on every path, and near what double precision gives.</summary>
public sealed unsafe class FamilyOperationTests
{
    [Theory]
    [InlineData(1, true)]
    [InlineData(24, false)]
    [InlineData(100, true)]
    public void LayerNorm_IsTheSameEverywhere_AndNearTheDefinition(int width, bool hasBias)
    {
        const int Rows = 11;
        var (x, weight, bias) = (Numbers(Rows * width, 1), Numbers(width, 2), Numbers(width, 3));
        float[]? first = null;
        Backends.ForAll((backend, where) =>
        {
            var y = new float[Rows * width];
            fixed (float* px = x, pw = weight, pb = bias, py = y)
            {
                backend.Norm(new NormCall
                {
                    X = px, Rows = Rows, Stride = width, Parts = 1, Width = width, Weight = pw, Bias = hasBias ? pb : null, Epsilon = 1e-5f, Kind = NormKind.Layer, Y = py, YStride = width,
                });
            }

            Bits.Equal(first ??= y, y, where);
        });
        for (var row = 0; row < Rows; row++)
        {
            var values = x.AsSpan(row * width, width).ToArray();
            var mean = values.Average(v => (double)v);
            var scale = 1 / Math.Sqrt(values.Average(v => (v - mean) * (v - mean)) + 1e-5);
            for (var i = 0; i < width; i++)
                Assert.Equal(((values[i] - mean) * scale * weight[i]) + (hasBias ? bias[i] : 0), first![(row * width) + i], 1e-5);
        }
    }

    [Theory]
    [InlineData(Activation.Silu)]
    [InlineData(Activation.Gelu)]
    [InlineData(Activation.GeluTanh)]
    [InlineData(Activation.QuickGelu)]
    [InlineData(Activation.Relu)]
    [InlineData(Activation.SquaredRelu)]
    [InlineData(Activation.ClampedSwiglu)]
    public void Activation_IsTheSameEverywhere_AndNearTheDefinition(Activation activation)
    {
        const int Rows = 5, Width = 77;
        var x = Array.ConvertAll(Numbers(Rows * 2 * Width, 4), v => 5 * v);
        float[]? first = null;
        Backends.ForAll((backend, where) =>
        {
            var y = new float[Rows * Width];
            fixed (float* px = x, py = y)
                backend.Activate(activation, gated: true, px, Rows, Width, py);
            Bits.Equal(first ??= y, y, where);
        });
        for (var i = 0; i < Rows * Width; i++)
        {
            var at = (i / Width * 2 * Width) + (i % Width);
            Assert.Equal(Gated(activation, x[at], x[at + Width]), first![i], 2e-5 * (1 + Math.Abs(x[at] * x[at + Width])));
        }
    }

    [Fact]
    public void SoftCap_IsTheSameEverywhere_AndNearTheDefinition()
    {
        var x = Array.ConvertAll(Numbers(300, 5), v => 40 * v);
        float[]? first = null;
        Backends.ForAll((backend, where) =>
        {
            var y = (float[])x.Clone();
            fixed (float* py = y)
                backend.SoftCap(py, y.Length, 30);
            Bits.Equal(first ??= y, y, where);
        });
        for (var i = 0; i < x.Length; i++)
            Assert.Equal(30 * Math.Tanh(x[i] / 30.0), first![i], 2e-5);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(20)]
    public void Mix_GivesTheSameBits_HoweverRowsAreCut_AndSnapshotsAreTheStateThere(int headDim)
    {
        const int Rows = 40;
        float[]? first = null;
        Backends.ForAll((backend, where) =>
        {
            var whole = new Mixer(headDim);
            var output = whole.Run(backend, 0, Rows, snapshotRow: 23, out var snapshot);
            Bits.Equal(first ??= output, output, where);
            var cut = new Mixer(headDim);
            var start = 0;
            foreach (var rows in (int[])[1, 2, 13, 7, 1, 16])
            {
                var part = cut.Run(backend, start, rows, 0, out _);
                Bits.Equal(output.AsSpan(start * cut.Width, rows * cut.Width), part, where);
                start += rows;
                if (start == 23)
                    Bits.Equal([.. cut.History, .. cut.State], snapshot, where);
            }

            Bits.Equal(whole.State, cut.State, where);
            Bits.Equal(whole.History, cut.History, where);
        });
    }

    private static double Gated(Activation activation, double x, double y) => activation switch
    {
        Activation.Silu => x / (1 + Math.Exp(-x)) * y,
        Activation.Gelu => x * Normal(x) * y,
        Activation.GeluTanh => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))) * y,
        Activation.QuickGelu => x / (1 + Math.Exp(-1.702 * x)) * y,
        Activation.Relu => Math.Max(x, 0) * y,
        Activation.SquaredRelu => Math.Max(x, 0) * Math.Max(x, 0) * y,
        _ => Math.Min(x, 7) / (1 + Math.Exp(-1.702 * Math.Min(x, 7))) * (Math.Clamp(y, -7, 7) + 1),
    };

    /// <summary>The normal distribution, by Simpson's rule.</summary>
    private static double Normal(double x)
    {
        const int Steps = 1000;
        var (sum, h) = (0.0, x / Steps);
        for (var i = 0; i <= Steps; i++)
            sum += (i is 0 or Steps ? 1 : i % 2 == 1 ? 4 : 2) * Math.Exp(-(i * h) * (i * h) / 2);
        return 0.5 + (sum * h / 3 / Math.Sqrt(2 * Math.PI));
    }

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble()) - 1))];
    }

    /// <summary>A mixer with fixed numbers and its state.</summary>
    private sealed class Mixer(int headDim)
    {
        private const int Heads = 6, Groups = 2, StateSize = 8, Kernel = 4;

        private readonly float[] _inputs = Numbers(64 * (Convolved(headDim) + Heads), 6);
        private readonly float[] _taps = Numbers(Kernel * Convolved(headDim), 7);
        private readonly float[] _tapBias = Numbers(Convolved(headDim), 8);
        private readonly float[] _perHead = Numbers(3 * Heads, 9);

        public int Width => Heads * headDim;

        public float[] History { get; } = new float[(Kernel - 1) * Convolved(headDim)];

        public float[] State { get; } = new float[Heads * StateSize * headDim];

        public float[] Run(IComputeBackend backend, int start, int rows, int snapshotRow, out float[] snapshot)
        {
            var width = Convolved(headDim);
            var stride = width + Heads;
            var output = new float[rows * Width];
            var (convolved, snapshotHistory, snapshotState) = (new float[rows * width], new float[History.Length], new float[State.Length]);
            fixed (float* x = _inputs, taps = _taps, tapBias = _tapBias, heads = _perHead, y = output, history = History, state = State)
            fixed (float* c = convolved, sh = snapshotHistory, ss = snapshotState)
            {
                backend.Mix(new MixerCall
                {
                    Rows = rows,
                    Input = x + (start * stride),
                    Stride = stride,
                    Steps = x + (start * stride) + width,
                    Heads = Heads,
                    HeadDim = headDim,
                    Groups = Groups,
                    StateSize = StateSize,
                    Kernel = Kernel,
                    Taps = taps,
                    TapBias = tapBias,
                    StepBias = heads,
                    Decay = heads + Heads,
                    Skip = heads + (2 * Heads),
                    MaxStep = float.PositiveInfinity,
                    Convolved = c,
                    Output = y,
                    History = history,
                    State = state,
                    SnapshotRow = snapshotRow,
                    SnapshotHistory = sh,
                    SnapshotState = ss,
                });
            }

            snapshot = [.. snapshotHistory, .. snapshotState];
            return output;
        }

        private static int Convolved(int headDim) => (Heads * headDim) + (2 * Groups * StateSize);
    }
}
