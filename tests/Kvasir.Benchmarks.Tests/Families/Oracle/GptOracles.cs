namespace Kvasir.Benchmarks.Tests.Families.Oracle;

/// <summary>Families in the line of GPT, from their definitions.</summary>
internal static class GptOracles
{
    private const double Epsilon = 1e-5;

    public static double[][] Gpt2(PlainWeights w, int[] tokens) => new PlainDecoder
    {
        Layers = 3,
        Embed = (token, position) => Plain.Add(w.Row("transformer.wte.weight", token), w.Row("transformer.wpe.weight", position)),
        Input = (layer, x) => Norm(w, $"transformer.h.{layer}.ln_1", x),
        Project = (layer, x, _) =>
        {
            var all = Plain.Heads(w.LinearTransposed($"transformer.h.{layer}.attn.c_attn.weight", x, $"transformer.h.{layer}.attn.c_attn.bias"), 3);
            return (Plain.Heads(all[0], 4), Plain.Heads(all[1], 4), Plain.Heads(all[2], 4));
        },
        Attention = layer => new PlainAttention { Scale = 1 / Math.Sqrt(16) / (layer + 1) },
        Finish = (layer, x, _, mixed) =>
        {
            var name = $"transformer.h.{layer}.";
            x = Plain.Add(x, w.LinearTransposed(name + "attn.c_proj.weight", mixed, name + "attn.c_proj.bias"));
            var inner = w.LinearTransposed(name + "mlp.c_fc.weight", Norm(w, name + "ln_2", x), name + "mlp.c_fc.bias");
            return Plain.Add(x, w.LinearTransposed(name + "mlp.c_proj.weight", Array.ConvertAll(inner, Plain.GeluTanh), name + "mlp.c_proj.bias"));
        },
        Head = x => w.Linear("transformer.wte.weight", Norm(w, "transformer.ln_f", x)),
    }.Run(tokens);

    public static double[][] NeoX(PlainWeights w, int[] tokens)
    {
        var parallel = w.Flag("use_parallel_residual");
        var rates = Plain.Frequencies(10000, (int)(16 * w.Number("rotary_pct")));
        double[] Norm6(string name, double[] x) => Plain.LayerNorm(x, w.Vector(name + ".weight"), w.Vector(name + ".bias"), 1e-6);
        return new PlainDecoder
        {
            Layers = 3,
            Embed = (token, _) => w.Row("gpt_neox.embed_in.weight", token),
            Input = (layer, x) => Norm6($"gpt_neox.layers.{layer}.input_layernorm", x),
            Project = (layer, x, position) =>
            {
                var name = $"gpt_neox.layers.{layer}.attention.query_key_value";
                var heads = Array.ConvertAll(Plain.Heads(w.Linear(name + ".weight", x, name + ".bias"), 4), head => Plain.Heads(head, 3));
                return (Array.ConvertAll(heads, h => Plain.Rotate(h[0], position, rates)), Array.ConvertAll(heads, h => Plain.Rotate(h[1], position, rates)), Array.ConvertAll(heads, h => h[2]));
            },
            Attention = _ => new PlainAttention { Scale = 0.25 },
            Finish = (layer, x, _, mixed) =>
            {
                var name = $"gpt_neox.layers.{layer}.";
                var attended = Plain.Add(x, w.Linear(name + "attention.dense.weight", mixed, name + "attention.dense.bias"));
                var inner = w.Linear(name + "mlp.dense_h_to_4h.weight", Norm6(name + "post_attention_layernorm", parallel ? x : attended), name + "mlp.dense_h_to_4h.bias");
                return Plain.Add(attended, w.Linear(name + "mlp.dense_4h_to_h.weight", Array.ConvertAll(inner, Plain.Gelu), name + "mlp.dense_4h_to_h.bias"));
            },
            Head = x => w.Linear("embed_out.weight", Norm6("gpt_neox.final_layer_norm", x)),
        }.Run(tokens);
    }

    public static double[][] GptJ(PlainWeights w, int[] tokens)
    {
        var rates = Plain.Frequencies(10000, 8);
        return new PlainDecoder
        {
            Layers = 3,
            Embed = (token, _) => w.Row("transformer.wte.weight", token),
            Input = (layer, x) => Norm(w, $"transformer.h.{layer}.ln_1", x),
            Project = (layer, x, position) =>
            {
                var name = $"transformer.h.{layer}.attn.";
                double[][] Turned(string kind) => Array.ConvertAll(Plain.Heads(w.Linear($"{name}{kind}_proj.weight", x), 4), h => Plain.Rotate(h, position, rates, neighbours: true));
                return (Turned("q"), Turned("k"), Plain.Heads(w.Linear(name + "v_proj.weight", x), 4));
            },
            Attention = _ => new PlainAttention { Scale = 0.25 },
            Finish = (layer, x, input, mixed) =>
            {
                var name = $"transformer.h.{layer}.";
                var inner = Array.ConvertAll(w.Linear(name + "mlp.fc_in.weight", input, name + "mlp.fc_in.bias"), Plain.GeluTanh);
                return Plain.Add(Plain.Add(x, w.Linear(name + "attn.out_proj.weight", mixed)), w.Linear(name + "mlp.fc_out.weight", inner, name + "mlp.fc_out.bias"));
            },
            Head = x => w.Linear("lm_head.weight", Norm(w, "transformer.ln_f", x), "lm_head.bias"),
        }.Run(tokens);
    }

    public static double[][] OptPost(PlainWeights w, int[] tokens) => new PlainDecoder
    {
        Layers = 2,
        Embed = (token, position) => Plain.Add(
            w.Linear("model.decoder.project_in.weight", w.Row("model.decoder.embed_tokens.weight", token)), w.Row("model.decoder.embed_positions.weight", position + 2)),
        Input = (_, x) => x,
        Project = (layer, x, _) =>
        {
            var name = $"model.decoder.layers.{layer}.self_attn.";
            double[][] Heads(string kind) => Plain.Heads(w.Linear($"{name}{kind}_proj.weight", x, $"{name}{kind}_proj.bias"), 4);
            return (Heads("q"), Heads("k"), Heads("v"));
        },
        Attention = _ => new PlainAttention { Scale = 0.25 },
        Finish = (layer, x, _, mixed) =>
        {
            var name = $"model.decoder.layers.{layer}.";
            x = Norm(w, name + "self_attn_layer_norm", Plain.Add(x, w.Linear(name + "self_attn.out_proj.weight", mixed, name + "self_attn.out_proj.bias")));
            var inner = Array.ConvertAll(w.Linear(name + "fc1.weight", x, name + "fc1.bias"), v => Math.Max(v, 0));
            return Norm(w, name + "final_layer_norm", Plain.Add(x, w.Linear(name + "fc2.weight", inner, name + "fc2.bias")));
        },
        Head = x => w.Linear("model.decoder.embed_tokens.weight", w.Linear("model.decoder.project_out.weight", x)),
    }.Run(tokens);

    public static double[][] Bloom(PlainWeights w, int[] tokens) => Falconlike(
        w, layers: 2, heads: 6, kvHeads: 6, Plain.GeluTanh, rates: null, slopes: Plain.Slopes(6), embeddingNorm: true, mlpInput: null).Run(tokens);

    public static double[][] Falcon(PlainWeights w, int[] tokens) =>
        Falconlike(w, layers: 3, heads: 4, kvHeads: 2, Plain.Gelu, Plain.Frequencies(10000, 16), slopes: null, embeddingNorm: false, mlpInput: "ln_mlp").Run(tokens);

    public static double[][] FalconMultiQuery(PlainWeights w, int[] tokens) =>
        Falconlike(w, layers: 2, heads: 4, kvHeads: 1, Plain.Gelu, Plain.Frequencies(10000, 16), slopes: null, embeddingNorm: false, mlpInput: "input_layernorm").Run(tokens);

    public static double[][] FalconAlibi(PlainWeights w, int[] tokens) =>
        Falconlike(w, layers: 2, heads: 4, kvHeads: 4, Plain.Gelu, rates: null, Plain.Times(Plain.Slopes(4), 0.25), embeddingNorm: false, mlpInput: null).Run(tokens);

    /// <summary>BLOOM and Falcon: for each KV head the queries, the key and the value together; one after the other, or side by side behind a norm.</summary>
    private static PlainDecoder Falconlike(
        PlainWeights w, int layers, int heads, int kvHeads, Converter<double, double> activation, double[]? rates, double[]? slopes, bool embeddingNorm, string? mlpInput)
    {
        var epsilon = w.Number("layer_norm_epsilon", Epsilon);
        var group = heads / kvHeads;
        double[] Turn(double[] head, int position) => rates is null ? head : Plain.Rotate(head, position, rates);
        return new PlainDecoder
        {
            Layers = layers,
            Embed = (token, _) => w.Row("transformer.word_embeddings.weight", token) is var x && embeddingNorm ? Norm(w, "transformer.word_embeddings_layernorm", x) : w.Row("transformer.word_embeddings.weight", token),
            Input = (layer, x) => Norm(w, $"transformer.h.{layer}.{(mlpInput == "ln_mlp" ? "ln_attn" : "input_layernorm")}", x),
            Project = (layer, x, position) =>
            {
                var name = $"transformer.h.{layer}.self_attention.query_key_value";
                var groups = Array.ConvertAll(Plain.Heads(w.Linear(name + ".weight", x, name + ".bias"), kvHeads), g => Plain.Heads(g, group + 2));
                return (
                    [.. groups.SelectMany(g => g[..group]).Select(q => Turn(q, position))],
                    [.. groups.Select(g => Turn(g[group], position))],
                    [.. groups.Select(g => g[group + 1])]);
            },
            Attention = _ => new PlainAttention { Scale = 1 / Math.Sqrt(w.Int("hidden_size") / heads), Slopes = slopes },
            Finish = (layer, x, _, mixed) =>
            {
                var name = $"transformer.h.{layer}.";
                var attended = Plain.Add(x, w.Linear(name + "self_attention.dense.weight", mixed, name + "self_attention.dense.bias"));
                var input = mlpInput is null
                    ? Plain.LayerNorm(attended, w.Vector(name + "post_attention_layernorm.weight"), w.Vector(name + "post_attention_layernorm.bias"), epsilon)
                    : Norm(w, name + mlpInput, x);
                var inner = Array.ConvertAll(w.Linear(name + "mlp.dense_h_to_4h.weight", input, name + "mlp.dense_h_to_4h.bias"), activation);
                return Plain.Add(attended, w.Linear(name + "mlp.dense_4h_to_h.weight", inner, name + "mlp.dense_4h_to_h.bias"));
            },
            Head = x => w.Linear("transformer.word_embeddings.weight", Norm(w, "transformer.ln_f", x)),
        };
    }

    private static double[] Norm(PlainWeights w, string name, double[] x) => Plain.LayerNorm(x, w.Vector(name + ".weight"), w.Vector(name + ".bias"), Epsilon);
}
