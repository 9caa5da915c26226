namespace Kvasir.Benchmarks.Tests.Families.Oracle;

/// <summary>Mamba and Jamba in double precision.</summary>
internal static class MambaOracles
{
    /// <summary>Gu and Dao 2023; the output matrix is the embedding.</summary>
    public static double[][] Mamba(PlainWeights w, int[] tokens) => new PlainDecoder
    {
        Layers = 2,
        Embed = (token, _) => w.Row("backbone.embeddings.weight", token),
        Input = (layer, x) => Plain.Rms(x, w.Vector($"backbone.layers.{layer}.norm.weight"), 1e-5),
        Mix = (layer, rows) => Mixer(w, $"backbone.layers.{layer}.mixer.", rows, state: 8, rank: 5, norms: false),
        Finish = (_, x, _, mixed) => Plain.Add(x, mixed),
        Head = x => w.Linear("backbone.embeddings.weight", Plain.Rms(x, w.Vector("backbone.norm_f.weight"), 1e-5)),
    }.Run(tokens);

    /// <summary>Lieber et al. 2024: the middle one of three layers attends, without rotation; the others are mixers, with experts.</summary>
    public static double[][] Jamba(PlainWeights w, int[] tokens) => LlamaOracles.Build(
        w,
        frequencies: _ => [],
        mix: (layer, rows) => layer == 1 ? null : Mixer(w, $"model.layers.{layer}.mamba.", rows, state: 16, rank: 6, norms: true),
        feedForwardNorm: "pre_ff_layernorm",
        finalNorm: "model.final_layernorm.weight",
        feedForward: (layer, x) =>
        {
            var name = $"model.layers.{layer}.feed_forward.";
            if (layer == 1)
                return LlamaOracles.Gated(w, name, x, Plain.Silu);
            var scores = Plain.Softmax(w.Linear(name + "router.weight", x));
            return LlamaOracles.Sum(Plain.Top(scores, 2), e => scores[e], e => LlamaOracles.Gated(w, $"{name}experts.{e}.", x, Plain.Silu));
        }).Run(tokens);

    /// <summary>A mixer, row after row, four taps: every channel has a step and a state of its own.</summary>
    private static double[][] Mixer(PlainWeights w, string name, double[][] rows, int state, int rank, bool norms)
    {
        const int Taps = 4;
        var projected = Array.ConvertAll(rows, row => w.Linear(name + "in_proj.weight", row, name + "in_proj.bias"));
        var width = projected[0].Length / 2;
        var (taps, bias, skip) = (w.Vector(name + "conv1d.weight"), w.Vector(name + "conv1d.bias"), w.Vector(name + "D"));
        var decay = Array.ConvertAll(w.Vector(name + "A_log"), a => -Math.Exp(a));
        var states = new double[width, state];
        return [.. projected.Select((row, t) =>
        {
            var x = Enumerable.Range(0, width).Select(c => Plain.Silu(bias[c] + Enumerable.Range(0, Taps).Sum(
                k => t - Taps + 1 + k < 0 ? 0 : taps[(c * Taps) + k] * projected[t - Taps + 1 + k][c]))).ToArray();
            var vectors = w.Linear(name + "x_proj.weight", x);
            var input = Norm("b", vectors[rank..(rank + state)]);
            var output = Norm("c", vectors[(rank + state)..]);
            var steps = Array.ConvertAll(w.Linear(name + "dt_proj.weight", Norm("dt", vectors[..rank]), name + "dt_proj.bias"), v => Math.Log(1 + Math.Exp(v)));
            var y = new double[width];
            for (var c = 0; c < width; c++)
            {
                for (var n = 0; n < state; n++)
                {
                    states[c, n] = (states[c, n] * Math.Exp(steps[c] * decay[(c * state) + n])) + (steps[c] * input[n] * x[c]);
                    y[c] += states[c, n] * output[n];
                }

                y[c] = (y[c] + (skip[c] * x[c])) * Plain.Silu(row[width + c]);
            }

            return w.Linear(name + "out_proj.weight", y, name + "out_proj.bias");
        })];

        double[] Norm(string which, double[] x) => norms ? Plain.Rms(x, w.Vector($"{name}{which}_layernorm.weight"), 1e-6) : x;
    }
}
