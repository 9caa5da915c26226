namespace Kvasir.Benchmarks.Tests.Families.Oracle;

/// <summary>Families with other norms or interleaved rotations, latent attention, and recurrent layers, from their definitions.</summary>
internal static class OtherOracles
{
    public static double[][] StableLm(PlainWeights w, int[] tokens)
    {
        var rates = Plain.Frequencies(10000, 8);
        return new PlainDecoder
        {
            Layers = 3,
            Embed = (token, _) => w.Row("model.embed_tokens.weight", token),
            Input = (layer, x) => Norm(w, $"model.layers.{layer}.input_layernorm", x),
            Project = (layer, x, position) =>
            {
                var name = $"model.layers.{layer}.self_attn.";
                double[][] Turned(string kind, int heads) => [.. Plain.Heads(w.Linear($"{name}{kind}_proj.weight", x, $"{name}{kind}_proj.bias"), heads).Select(
                    (head, h) => Plain.Rotate(Plain.LayerNorm(head, w.Vector($"{name}{kind}_layernorm.norms.{h}.weight"), null, 1e-6), position, rates))];
                return (Turned("q", 4), Turned("k", 2), Plain.Heads(w.Linear(name + "v_proj.weight", x, name + "v_proj.bias"), 2));
            },
            Attention = _ => new PlainAttention { Scale = 0.25 },
            Finish = (layer, x, input, mixed) => Plain.Add(
                Plain.Add(x, w.Linear($"model.layers.{layer}.self_attn.o_proj.weight", mixed, $"model.layers.{layer}.self_attn.o_proj.bias")), LlamaOracles.Gated(w, $"model.layers.{layer}.mlp.", input, Plain.Silu)),
            Head = x => w.Linear("lm_head.weight", Norm(w, "model.norm", x), "lm_head.bias"),
        }.Run(tokens);
    }

    /// <summary>Neighbouring pairs rotated; in the second version only in local layers.</summary>
    public static double[][] Cohere(PlainWeights w, int[] tokens, bool second)
    {
        var rates = Plain.Frequencies(10000, 16);
        return new PlainDecoder
        {
            Layers = 3,
            Embed = (token, _) => w.Row("model.embed_tokens.weight", token),
            Input = (layer, x) => Plain.LayerNorm(x, w.Vector($"model.layers.{layer}.input_layernorm.weight"), null, 1e-6),
            Project = (layer, x, position) =>
            {
                var name = $"model.layers.{layer}.self_attn.";
                double[][] Turned(string kind, int heads) => [.. Plain.Heads(w.Linear($"{name}{kind}_proj.weight", x), heads).Select((head, h) =>
                {
                    if (!second)
                        head = Plain.LayerNorm(head, w.Vector($"{name}{kind}_norm.weight")[(16 * h)..(16 * (h + 1))], null, 1e-6);
                    return second && layer == 1 ? head : Plain.Rotate(head, position, rates, neighbours: true);
                })];
                return (Turned("q", 4), Turned("k", 2), Plain.Heads(w.Linear(name + "v_proj.weight", x), 2));
            },
            Attention = layer => new PlainAttention { Scale = 0.25, Window = second && layer != 1 ? 8 : int.MaxValue },
            Finish = (layer, x, input, mixed) => Plain.Add(
                Plain.Add(x, w.Linear($"model.layers.{layer}.self_attn.o_proj.weight", mixed)), LlamaOracles.Gated(w, $"model.layers.{layer}.mlp.", input, Plain.Silu)),
            Head = x => Plain.Times(w.Linear("model.embed_tokens.weight", Plain.LayerNorm(x, w.Vector("model.norm.weight"), null, 1e-6)), 0.3),
        }.Run(tokens);
    }

    /// <summary>LongRoPE: more rows than the first context, so the long divisors, and cosines and sines made larger.</summary>
    public static double[][] Phi3(PlainWeights w, int[] tokens)
    {
        double[] divisors = [2.0, 2.1, 2.2, 2.3];
        var rates = Plain.Frequencies(10000, 8).Select((f, i) => f / divisors[i]).ToArray();
        var factor = Math.Sqrt(1 + (Math.Log(1024.0 / 16) / Math.Log(16)));
        return new PlainDecoder
        {
            Layers = 3,
            Embed = (token, _) => w.Row("model.embed_tokens.weight", token),
            Input = (layer, x) => Plain.Rms(x, w.Vector($"model.layers.{layer}.input_layernorm.weight"), 1e-6),
            Project = (layer, x, position) =>
            {
                var all = Plain.Heads(w.Linear($"model.layers.{layer}.self_attn.qkv_proj.weight", x), 8);
                double[] Turn(double[] head) => Plain.Rotate(head, position, rates, factor: factor);
                return (Array.ConvertAll(all[..4], Turn), Array.ConvertAll(all[4..6], Turn), all[6..]);
            },
            Attention = _ => new PlainAttention { Scale = 0.25, Window = 9 },
            Finish = (layer, x, _, mixed) =>
            {
                var name = $"model.layers.{layer}.";
                x = Plain.Add(x, w.Linear(name + "self_attn.o_proj.weight", mixed));
                var input = Plain.Rms(x, w.Vector(name + "post_attention_layernorm.weight"), 1e-6);
                return Plain.Add(x, LlamaOracles.Halves(w.Linear(name + "mlp.gate_up_proj.weight", input), inner => w.Linear(name + "mlp.down_proj.weight", inner)));
            },
            Head = x => w.Linear("lm_head.weight", Plain.Rms(x, w.Vector("model.norm.weight"), 1e-6)),
        }.Run(tokens);
    }

    public static double[][] StarCoder2(PlainWeights w, int[] tokens) => new PlainDecoder
    {
        Layers = 3,
        Embed = (token, _) => w.Row("model.embed_tokens.weight", token),
        Input = (layer, x) => Norm(w, $"model.layers.{layer}.input_layernorm", x),
        Project = (layer, x, position) =>
        {
            var name = $"model.layers.{layer}.self_attn.";
            double[][] Heads(string kind, int heads) => Plain.Heads(w.Linear($"{name}{kind}_proj.weight", x, $"{name}{kind}_proj.bias"), heads);
            double[] Turn(double[] head) => Plain.Rotate(head, position, Plain.Frequencies(10000, 16));
            return (Array.ConvertAll(Heads("q", 4), Turn), Array.ConvertAll(Heads("k", 2), Turn), Heads("v", 2));
        },
        Attention = _ => new PlainAttention { Scale = 0.25, Window = 8 },
        Finish = (layer, x, _, mixed) =>
        {
            var name = $"model.layers.{layer}.";
            x = Plain.Add(x, w.Linear(name + "self_attn.o_proj.weight", mixed, name + "self_attn.o_proj.bias"));
            var inner = Array.ConvertAll(w.Linear(name + "mlp.c_fc.weight", Norm(w, name + "post_attention_layernorm", x), name + "mlp.c_fc.bias"), Plain.GeluTanh);
            return Plain.Add(x, w.Linear(name + "mlp.c_proj.weight", inner, name + "mlp.c_proj.bias"));
        },
        Head = x => w.Linear("model.embed_tokens.weight", Norm(w, "model.norm", x)),
    }.Run(tokens);

    /// <summary>Latent attention, as it was before projections are moved: keys and values of every head.</summary>
    public static double[][] DeepSeek(PlainWeights w, int[] tokens, bool third)
    {
        const int Rotary = 8, Plain_ = 16, Value = 12, Rank = 24;
        var rates = third ? Plain.Yarn(10000, Rotary, 4, 32) : Plain.Frequencies(10000, Rotary);
        double Magnitude(double scale) => (0.1 * scale * Math.Log(4)) + 1;
        var ropeFactor = third ? Magnitude(1) / Magnitude(0.7) : 1;
        var sharpness = third ? Magnitude(0.7) * Magnitude(0.7) : 1;
        return new PlainDecoder
        {
            Layers = 3,
            Embed = (token, _) => w.Row("model.embed_tokens.weight", token),
            Input = (layer, x) => Plain.Rms(x, w.Vector($"model.layers.{layer}.input_layernorm.weight"), 1e-6),
            Project = (layer, x, position) =>
            {
                var name = $"model.layers.{layer}.self_attn.";
                var query = w.Has(name + "q_a_proj.weight")
                    ? w.Linear(name + "q_b_proj.weight", Plain.Rms(w.Linear(name + "q_a_proj.weight", x), w.Vector(name + "q_a_layernorm.weight"), 1e-6))
                    : w.Linear(name + (w.Has(name + "q_proj.weight") ? "q_proj.weight" : "q_b_proj.weight"), x);
                double[] Turn(double[] head) => Plain.Rotate(head, position, rates, neighbours: true, ropeFactor);
                var down = w.Linear(name + "kv_a_proj_with_mqa.weight", x);
                var shared = Turn(down[Rank..]);
                var up = Plain.Heads(w.Linear(name + "kv_b_proj.weight", Plain.Rms(down[..Rank], w.Vector(name + "kv_a_layernorm.weight"), 1e-6)), 4);
                return (
                    Array.ConvertAll(Plain.Heads(query, 4), q => (double[])[.. q[..Plain_], .. Turn(q[Plain_..])]),
                    Array.ConvertAll(up, k => (double[])[.. k[..Plain_], .. shared]),
                    Array.ConvertAll(up, v => v[Plain_..]));
            },
            Attention = _ => new PlainAttention { Scale = sharpness / Math.Sqrt(Plain_ + Rotary) },
            Finish = (layer, x, _, mixed) =>
            {
                var name = $"model.layers.{layer}.";
                Assert.Equal(4 * Value, mixed.Length);
                x = Plain.Add(x, w.Linear(name + "self_attn.o_proj.weight", mixed));
                var input = Plain.Rms(x, w.Vector(name + "post_attention_layernorm.weight"), 1e-6);
                return Plain.Add(x, layer == 0 ? LlamaOracles.Gated(w, name + "mlp.", input, Plain.Silu) : Experts(w, name + "mlp.", input, third));
            },
            Head = x => w.Linear("lm_head.weight", Plain.Rms(x, w.Vector("model.norm.weight"), 1e-6)),
        }.Run(tokens);
    }

    public static double[][] Mamba2(PlainWeights w, int[] tokens) => new PlainDecoder
    {
        Layers = 2,
        Embed = (token, _) => w.Row("backbone.embeddings.weight", token),
        Input = (layer, x) => Plain.Rms(x, w.Vector($"backbone.layers.{layer}.norm.weight"), 1e-5),
        Mix = (layer, rows) => Mixer(w, $"backbone.layers.{layer}.mixer.", rows, 1e-5, 0.01, 0.9),
        Finish = (_, x, _, mixed) => Plain.Add(x, mixed),
        Head = x => w.Linear("lm_head.weight", Plain.Rms(x, w.Vector("backbone.norm_f.weight"), 1e-5)),
    }.Run(tokens);

    public static double[][] Bamba(PlainWeights w, int[] tokens) => LlamaOracles.Build(
        w,
        frequencies: _ => Plain.Frequencies(10000, 8),
        mix: (layer, rows) => layer == 1 ? null : Mixer(w, $"model.layers.{layer}.mamba.", rows, 1e-6, 0, double.PositiveInfinity),
        feedForwardNorm: "pre_ff_layernorm",
        finalNorm: "model.final_layernorm.weight",
        feedForward: (layer, x) => LlamaOracles.Gated(w, $"model.layers.{layer}.feed_forward.", x, Plain.Silu)).Run(tokens);

    public static double[][] GraniteHybrid(PlainWeights w, int[] tokens, bool dense) => LlamaOracles.Build(
        w,
        frequencies: dense ? _ => [] : null,
        mix: (layer, rows) => layer == 1 ? null : Mixer(w, $"model.layers.{layer}.mamba.", rows, 1e-6, 0, double.PositiveInfinity),
        embedding: dense ? 1 : 3,
        residual: dense ? 1 : 0.3,
        scale: dense ? 1 : 0.2,
        logits: dense ? 1 : 0.5,
        feedForward: (layer, x) => dense ? LlamaOracles.GraniteShared(w, layer, x) : LlamaOracles.GraniteExperts(w, layer, x)).Run(tokens);

    /// <summary>A Mamba-2 mixer, row after row: eight heads of 16, two groups, states of 16, four taps.</summary>
    private static double[][] Mixer(PlainWeights w, string name, double[][] rows, double epsilon, double least, double most)
    {
        const int Heads = 8, HeadDim = 16, Groups = 2, State = 16, Taps = 4, Width = Heads * HeadDim, Convolved = Width + (2 * Groups * State);
        var taps = w.Vector(name + "conv1d.weight");
        var bias = w.Vector(name + "conv1d.bias");
        var projected = Array.ConvertAll(rows, row => w.Linear(name + "in_proj.weight", row, name + "in_proj.bias"));
        var states = new double[Heads, HeadDim, State];
        return [.. projected.Select((row, t) =>
        {
            var mixed = Enumerable.Range(0, Convolved).Select(c => Plain.Silu(bias[c] + Enumerable.Range(0, Taps).Sum(
                k => t - Taps + 1 + k < 0 ? 0 : taps[(c * Taps) + k] * projected[t - Taps + 1 + k][Width + c]))).ToArray();
            var y = new double[Width];
            for (var h = 0; h < Heads; h++)
            {
                var step = Math.Clamp(Math.Log(1 + Math.Exp(row[Width + Convolved + h] + w.Vector(name + "dt_bias")[h])), least, most);
                var decay = Math.Exp(-step * Math.Exp(w.Vector(name + "A_log")[h]));
                var group = h / (Heads / Groups) * State;
                for (var d = 0; d < HeadDim; d++)
                {
                    var x = mixed[(h * HeadDim) + d];
                    for (var n = 0; n < State; n++)
                    {
                        states[h, d, n] = (states[h, d, n] * decay) + (step * x * mixed[Width + group + n]);
                        y[(h * HeadDim) + d] += states[h, d, n] * mixed[Width + (Groups * State) + group + n];
                    }

                    y[(h * HeadDim) + d] += w.Vector(name + "D")[h] * x;
                }
            }

            var gated = y.Select((v, i) => v * Plain.Silu(row[i])).ToArray();
            return w.Linear(name + "out_proj.weight", Plain.Rms(gated, w.Vector(name + "norm.weight"), epsilon), name + "out_proj.bias");
        })];
    }

    private static double[] Experts(PlainWeights w, string name, double[] x, bool third)
    {
        var logits = w.Linear(name + "gate.weight", x);
        var scores = third ? Array.ConvertAll(logits, Plain.Sigmoid) : Plain.Softmax(logits);
        var choice = third ? Plain.Add(scores, w.Vector(name + "gate.e_score_correction_bias")) : scores;
        var (groups, kept, best) = third ? (4, 2, 2) : (2, 1, 1);
        var size = scores.Length / groups;
        var sums = Plain.Heads(choice, groups).Select(g => g.OrderDescending().Take(best).Sum()).ToArray();
        var open = Plain.Top(sums, kept);
        var chosen = Plain.Top([.. choice.Select((s, e) => open.Contains(e / size) ? s : double.NegativeInfinity)], 2);
        var sum = third ? chosen.Sum(e => scores[e]) : 1;
        var routed = LlamaOracles.Sum(chosen, e => 1.5 * scores[e] / sum, e => LlamaOracles.Gated(w, $"{name}experts.{e}.", x, Plain.Silu));
        return Plain.Add(routed, LlamaOracles.Gated(w, name + "shared_experts.", x, Plain.Silu));
    }

    private static double[] Norm(PlainWeights w, string name, double[] x) =>
        Plain.LayerNorm(x, w.Vector(name + ".weight"), w.Vector(name + ".bias"), w.Number("rms_norm_eps"));
}
