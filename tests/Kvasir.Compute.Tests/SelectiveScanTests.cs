using Kvasir.Compute.Tests.Oracle;
using Kvasir.Numerics.Kernels;

namespace Kvasir.Compute.Tests;

/// <summary>The scan of Mamba mixers: the same bits on every path and however rows are cut, near the definition.</summary>
public sealed unsafe class SelectiveScanTests
{
    private const int Rows = 30, Heads = 2, State = 6, Kernel = 3;

    [Theory]
    [InlineData(16)]
    [InlineData(20)]
    public void Rows_GiveTheSameBits_HoweverTheyAreCut_AndTheDefinitionsValues(int headDim)
    {
        float[]? first = null;
        Backends.ForAll((backend, where) =>
        {
            var whole = new Scan(headDim);
            var output = whole.Run(backend, 0, Rows);
            Bits.Equal(first ??= output, output, where);
            var cut = new Scan(headDim);
            var start = 0;
            foreach (var rows in (int[])[1, 2, 9, 18])
            {
                Bits.Equal(output.AsSpan(start * cut.Width, rows * cut.Width), cut.Run(backend, start, rows), where);
                start += rows;
            }

            Bits.Equal(whole.States, cut.States, where);
            Bits.Equal(whole.History, cut.History, where);
        });
        var expected = new Scan(headDim).Plain();
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], first![i], 2e-5 * (1 + Math.Abs(expected[i])));
    }

    private sealed class Scan(int headDim)
    {
        private readonly float[] _inputs = Numbers(Rows * 2 * Heads * headDim, 1);
        private readonly float[] _vectors = Numbers(Rows * 2 * State, 2);
        private readonly float[] _steps = Numbers(Rows * Heads * headDim, 3);
        private readonly float[] _taps = Numbers(Kernel * Heads * headDim, 4);
        private readonly float[] _tapBias = Numbers(Heads * headDim, 5);
        private readonly float[] _stepBias = Numbers(Heads * headDim, 6);
        private readonly float[] _decay = Array.ConvertAll(Numbers(Heads * headDim * State, 7), v => -MathF.Exp(v));
        private readonly float[] _skip = Numbers(Heads * headDim, 8);

        public int Width => Heads * headDim;

        public float[] History { get; } = new float[(Kernel - 1) * Heads * headDim];

        public float[] States { get; } = new float[Heads * headDim * State];

        public float[] Run(IComputeBackend backend, int start, int rows)
        {
            var output = new float[rows * Width];
            var convolved = new float[rows * Width];
            fixed (float* x = _inputs, vectors = _vectors, steps = _steps, taps = _taps, tapBias = _tapBias, stepBias = _stepBias)
            fixed (float* decay = _decay, skip = _skip, y = output, c = convolved, history = History, states = States)
            {
                backend.Mix(new MixerCall
                {
                    Rows = rows,
                    Input = x + (start * 2 * Width),
                    Stride = 2 * Width,
                    Vectors = vectors + (start * 2 * State),
                    VectorStride = 2 * State,
                    Steps = steps + (start * Width),
                    StepStride = Width,
                    Heads = Heads,
                    HeadDim = headDim,
                    Groups = 1,
                    StateSize = State,
                    Kernel = Kernel,
                    Taps = taps,
                    TapBias = tapBias,
                    StepBias = stepBias,
                    Decay = decay,
                    Skip = skip,
                    Convolved = c,
                    Output = y,
                    History = history,
                    State = states,
                });
            }

            return output;
        }

        /// <summary>The definition in double precision.</summary>
        public double[] Plain()
        {
            var states = new double[Width, State];
            var y = new double[Rows * Width];
            for (var row = 0; row < Rows; row++)
            {
                for (var channel = 0; channel < Width; channel++)
                {
                    double sum = _tapBias[channel];
                    for (var tap = 0; tap < Kernel; tap++)
                        sum += row - Kernel + 1 + tap < 0 ? 0 : (double)_taps[(tap * Width) + channel] * _inputs[((row - Kernel + 1 + tap) * 2 * Width) + channel];
                    var x = sum / (1 + Math.Exp(-sum));
                    var step = Math.Log(1 + Math.Exp(_steps[(row * Width) + channel] + (double)_stepBias[channel]));
                    var result = _skip[channel] * x;
                    for (var n = 0; n < State; n++)
                    {
                        double decay = _decay[(((channel / headDim * State) + n) * headDim) + (channel % headDim)];
                        states[channel, n] = (states[channel, n] * Math.Exp(step * decay)) + (step * x * _vectors[(row * 2 * State) + n]);
                        result += states[channel, n] * _vectors[(row * 2 * State) + State + n];
                    }

                    y[(row * Width) + channel] = result;
                }
            }

            return y;
        }

        private static float[] Numbers(int count, int seed)
        {
            var random = new Random(seed);
            return [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble()) - 1))];
        }
    }
}
