namespace Kvasir.Benchmarks.Tests.Families.Oracle;

/// <summary>Families in the line of Llama, from their definitions.</summary>
internal static class LlamaOracles
{
    public static double[][] Yarn(PlainWeights w, int[] tokens)
    {
        var factor = (0.1 * Math.Log(4)) + 1;
        return Build(w, frequencies: _ => Plain.Yarn(10000, 16, 4, 32), ropeFactor: factor).Run(tokens);
    }

    public static double[][] Mistral(PlainWeights w, int[] tokens) => Build(w, window: _ => 8).Run(tokens);

    public static double[][] Ministral3(PlainWeights w, int[] tokens) =>
        Build(w, frequencies: _ => Plain.Yarn(10000, 16, 16, 8), query: (_, q, position) => Plain.Times(q, 1 + (0.3 * Math.Log(1 + (position / 8))))).Run(tokens);

    public static double[][] Mixtral(PlainWeights w, int[] tokens) => Build(w, window: _ => 9, feedForward: (layer, x) =>
    {
        var name = $"model.layers.{layer}.block_sparse_moe.";
        var scores = Plain.Softmax(w.Linear(name + "gate.weight", x));
        var chosen = Plain.Top(scores, 2);
        return Sum(chosen, e => scores[e] / chosen.Sum(c => scores[c]), e => w.Linear(
            $"{name}experts.{e}.w2.weight", Plain.Times(Array.ConvertAll(w.Linear($"{name}experts.{e}.w1.weight", x), Plain.Silu), w.Linear($"{name}experts.{e}.w3.weight", x))));
    }).Run(tokens);

    public static double[][] Qwen2(PlainWeights w, int[] tokens) => Build(w, window: layer => layer > 0 ? 8 : int.MaxValue).Run(tokens);

    public static double[][] Qwen2Moe(PlainWeights w, int[] tokens) => Build(w, feedForward: (layer, x) =>
    {
        var name = $"model.layers.{layer}.mlp.";
        if (layer == 1)
            return Gated(w, name, x, Plain.Silu);
        var scores = Plain.Softmax(w.Linear(name + "gate.weight", x));
        var routed = Sum(Plain.Top(scores, 2), e => scores[e], e => Gated(w, $"{name}experts.{e}.", x, Plain.Silu));
        var gate = Plain.Sigmoid(w.Linear(name + "shared_expert_gate.weight", x)[0]);
        return Plain.Add(routed, Plain.Times(Gated(w, name + SharedName(w, name), x, Plain.Silu), gate));
    }).Run(tokens);

    public static double[][] Qwen3(PlainWeights w, int[] tokens) => Build(
        w,
        query: (layer, q, _) => Plain.Rms(q, w.Vector($"model.layers.{layer}.self_attn.q_norm.weight"), 1e-6),
        key: (layer, k) => Plain.Rms(k, w.Vector($"model.layers.{layer}.self_attn.k_norm.weight"), 1e-6),
        normsFirst: true).Run(tokens);

    public static double[][] SmolLm3(PlainWeights w, int[] tokens) => Build(w, frequencies: layer => layer == 1 ? [] : Plain.Frequencies(10000, 16)).Run(tokens);

    public static double[][] Granite(PlainWeights w, int[] tokens) => Build(w, embedding: 3, residual: 0.3, scale: 0.2, logits: 0.5).Run(tokens);

    public static double[][] GraniteMoe(PlainWeights w, int[] tokens) =>
        Build(w, embedding: 3, residual: 0.3, scale: 0.2, logits: 0.5, feedForward: (layer, x) => GraniteExperts(w, layer, x)).Run(tokens);

    /// <summary>Granite's experts: softmax over the chosen, beside a block for every token.</summary>
    public static double[] GraniteExperts(PlainWeights w, int layer, double[] x)
    {
        var name = $"model.layers.{layer}.";
        var scores = w.Linear(name + "block_sparse_moe.router.layer.weight", x);
        var chosen = Plain.Top(scores, 2);
        var weights = Plain.Softmax([.. chosen.Select(e => scores[e])]);
        var routed = Sum([0, 1], i => weights[i], i => Halves(
            w.Linear(name + "block_sparse_moe.input_linear.weight", x, index: chosen[i]), inner => w.Linear(name + "block_sparse_moe.output_linear.weight", inner, index: chosen[i])));
        return Plain.Add(routed, GraniteShared(w, layer, x));
    }

    public static double[] GraniteShared(PlainWeights w, int layer, double[] x) => Halves(
        w.Linear($"model.layers.{layer}.shared_mlp.input_linear.weight", x), inner => w.Linear($"model.layers.{layer}.shared_mlp.output_linear.weight", inner));

    public static double[][] Gemma3(PlainWeights w, int[] tokens)
    {
        double[] Norm(string name, double[] x) => Plain.Rms(x, Array.ConvertAll(w.Vector(name), v => v + 1), 1e-6);
        var local = Plain.Frequencies(10000, 16);
        var global = Array.ConvertAll(Plain.Frequencies(1e6, 16), f => f / 8);
        return new PlainDecoder
        {
            Layers = 3,
            Embed = (token, _) => Plain.Times(w.Row("model.embed_tokens.weight", token), Math.Sqrt(64)),
            Input = (layer, x) => Norm($"model.layers.{layer}.input_layernorm.weight", x),
            Project = (layer, x, position) =>
            {
                var name = $"model.layers.{layer}.self_attn.";
                double[][] Turned(string kind, int heads) => Array.ConvertAll(
                    Plain.Heads(w.Linear($"{name}{kind}_proj.weight", x), heads),
                    head => Plain.Rotate(Norm($"{name}{kind}_norm.weight", head), position, layer == 2 ? global : local));
                return (Turned("q", 4), Turned("k", 2), Plain.Heads(w.Linear(name + "v_proj.weight", x), 2));
            },
            Attention = layer => new PlainAttention { Scale = 1 / Math.Sqrt(24), Window = layer == 2 ? int.MaxValue : 8 },
            Finish = (layer, x, _, mixed) =>
            {
                var name = $"model.layers.{layer}.";
                x = Plain.Add(x, Norm(name + "post_attention_layernorm.weight", w.Linear(name + "self_attn.o_proj.weight", mixed)));
                var inner = Gated(w, name + "mlp.", Norm(name + "pre_feedforward_layernorm.weight", x), Plain.GeluTanh);
                return Plain.Add(x, Norm(name + "post_feedforward_layernorm.weight", inner));
            },
            Head = x => w.Linear("model.embed_tokens.weight", Norm("model.norm.weight", x)),
        }.Run(tokens);
    }

    public static double[][] GptOss(PlainWeights w, int[] tokens) => Build(
        w,
        frequencies: _ => Plain.Yarn(150000, 16, 32, 32, truncate: false),
        ropeFactor: (0.1 * Math.Log(32)) + 1,
        window: layer => layer == 0 ? 8 : int.MaxValue,
        sinks: layer => w.Vector($"model.layers.{layer}.self_attn.sinks"),
        feedForward: (layer, x) =>
        {
            var name = $"model.layers.{layer}.mlp.";
            var scores = w.Linear(name + "router.weight", x, name + "router.bias");
            var chosen = Plain.Top(scores, 2);
            var weights = Plain.Softmax([.. chosen.Select(e => scores[e])]);
            return Sum([0, 1], i => weights[i], i =>
            {
                var both = w.LinearTransposed(name + "experts.gate_up_proj", x, name + "experts.gate_up_proj_bias", chosen[i]);
                var inner = Enumerable.Range(0, both.Length / 2).Select(c =>
                {
                    var (gate, up) = (Math.Min(both[2 * c], 7), Math.Clamp(both[(2 * c) + 1], -7, 7));
                    return (up + 1) * gate * Plain.Sigmoid(1.702 * gate);
                });
                return w.LinearTransposed(name + "experts.down_proj", [.. inner], name + "experts.down_proj_bias", chosen[i]);
            });
        }).Run(tokens);

    public static double[] Gated(PlainWeights w, string name, double[] x, Converter<double, double> activation) => w.Linear(
        name + "down_proj.weight",
        Plain.Times(
            Array.ConvertAll(w.Linear(name + "gate_proj.weight", x, name + "gate_proj.bias"), activation),
            w.Linear(name + "up_proj.weight", x, name + "up_proj.bias")),
        name + "down_proj.bias");

    public static double[] Sum(int[] items, Func<int, double> weight, Func<int, double[]> value) =>
        items.Select(item => Plain.Times(value(item), weight(item))).Aggregate(Plain.Add);

    public static double[] Halves(double[] both, Func<double[], double[]> down)
    {
        var width = both.Length / 2;
        return down([.. Enumerable.Range(0, width).Select(i => Plain.Silu(both[i]) * both[width + i])]);
    }

    /// <summary>A Llama, with what a family changes.</summary>
    public static PlainDecoder Build(
        PlainWeights w,
        Func<int, int>? window = null,
        Func<int, double[]>? frequencies = null,
        double ropeFactor = 1,
        Func<int, double[], int, double[]>? query = null,
        Func<int, double[], double[]>? key = null,
        bool normsFirst = false,
        Func<int, double[], double[]>? feedForward = null,
        Func<int, double[]>? sinks = null,
        double embedding = 1,
        double residual = 1,
        double? scale = null,
        double logits = 1,
        Func<int, double[][], double[][]?>? mix = null,
        string feedForwardNorm = "post_attention_layernorm",
        string finalNorm = "model.norm.weight")
    {
        var heads = w.Int("num_attention_heads");
        var kvHeads = w.Int("num_key_value_heads");
        var headDim = (int)w.Number("head_dim", w.Int("hidden_size") / heads);
        return new PlainDecoder
        {
            Layers = w.Int("num_hidden_layers"),
            Embed = (token, _) => Plain.Times(w.Row("model.embed_tokens.weight", token), embedding),
            Input = (layer, x) => Plain.Rms(x, w.Vector($"model.layers.{layer}.input_layernorm.weight"), 1e-6),
            Mix = mix,
            Project = (layer, x, position) =>
            {
                var name = $"model.layers.{layer}.self_attn.";
                var rates = frequencies?.Invoke(layer) ?? Plain.Frequencies(10000, headDim);
                double[] Turn(double[] head) => Plain.Rotate(head, position, rates, factor: ropeFactor);
                double[] Query(double[] q) => normsFirst || query is null ? Turn(query?.Invoke(layer, q, position) ?? q) : query(layer, Turn(q), position);
                var q = Plain.Heads(w.Linear(name + "q_proj.weight", x, name + "q_proj.bias"), heads);
                var k = Plain.Heads(w.Linear(name + "k_proj.weight", x, name + "k_proj.bias"), kvHeads);
                var v = Plain.Heads(w.Linear(name + "v_proj.weight", x, name + "v_proj.bias"), kvHeads);
                return (Array.ConvertAll(q, Query), Array.ConvertAll(k, head => Turn(key?.Invoke(layer, head) ?? head)), v);
            },
            Attention = layer => new PlainAttention
            {
                Scale = scale ?? (1 / Math.Sqrt(headDim)),
                Window = window?.Invoke(layer) ?? int.MaxValue,
                Sinks = sinks?.Invoke(layer),
            },
            Finish = (layer, x, _, mixed) =>
            {
                var name = $"model.layers.{layer}.";
                var output = mix is null || w.Has(name + "self_attn.o_proj.weight") ? w.Linear(name + "self_attn.o_proj.weight", mixed, name + "self_attn.o_proj.bias") : mixed;
                x = Plain.Add(x, Plain.Times(output, residual));
                var normed = Plain.Rms(x, w.Vector($"{name}{feedForwardNorm}.weight"), 1e-6);
                return Plain.Add(x, Plain.Times(feedForward is null ? Gated(w, name + "mlp.", normed, Plain.Silu) : feedForward(layer, normed), residual));
            },
            Head = x => Plain.Times(
                w.Linear(w.Has("lm_head.weight") ? "lm_head.weight" : "model.embed_tokens.weight", Plain.Rms(x, w.Vector(finalNorm), 1e-6)), logits),
        };
    }

    private static string SharedName(PlainWeights w, string name) => w.Has(name + "shared_expert.up_proj.weight") ? "shared_expert." : "shared_experts.";
}
