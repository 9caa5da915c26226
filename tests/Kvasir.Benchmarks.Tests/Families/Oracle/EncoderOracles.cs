namespace Kvasir.Benchmarks.Tests.Families.Oracle;

/// <summary>Encoders in double precision, written as their definitions are: every row sees rows on both sides.</summary>
internal static class EncoderOracles
{
    /// <summary>BERT (Devlin et al. 2018): hidden states of the last layer.</summary>
    public static double[][] Bert(PlainWeights w, int[] tokens, int[] types)
    {
        var positions = Enumerable.Range(0, tokens.Length).ToArray();
        return PostNorm(w, tokens, positions, types, w.Has("bert.embeddings.word_embeddings.weight") ? "bert." : "", tanh: false);
    }

    /// <summary>The scores of BERT's head over the vocabulary.</summary>
    public static double[][] BertLogits(PlainWeights w, int[] tokens, int[] types) => Array.ConvertAll(
        Bert(w, tokens, types),
        row => Logits(w, row, "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "bert.embeddings.word_embeddings.weight", "cls.predictions.bias"));

    /// <summary>One layer with the tanh form of GELU, and an output matrix of its own.</summary>
    public static double[][] BertTanhLogits(PlainWeights w, int[] tokens, int[] types) => Array.ConvertAll(
        PostNorm(w, tokens, [.. Enumerable.Range(0, tokens.Length)], types, "bert.", tanh: true),
        row => Logits(w, row, "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.decoder.weight", "cls.predictions.bias", tanh: true));

    /// <summary>RoBERTa (Liu et al. 2019): the n-th token that is no padding (id 1) has position 1 + n, padding has position 1.</summary>
    public static double[][] Roberta(PlainWeights w, int[] tokens, int[] types)
    {
        var positions = new int[tokens.Length];
        var seen = 0;
        for (var i = 0; i < tokens.Length; i++)
            positions[i] = tokens[i] == 1 ? 1 : 1 + ++seen;
        return PostNorm(w, tokens, positions, types, "roberta.", tanh: false);
    }

    public static double[][] RobertaLogits(PlainWeights w, int[] tokens, int[] types) => Array.ConvertAll(
        Roberta(w, tokens, types), row => Logits(w, row, "lm_head.dense", "lm_head.layer_norm", "roberta.embeddings.word_embeddings.weight", "lm_head.bias"));

    /// <summary>DistilBERT (Sanh et al. 2019).</summary>
    public static double[][] DistilBertLogits(PlainWeights w, int[] tokens, int[] types)
    {
        var rows = tokens.Select((token, i) => LayerNorm(
            w, "distilbert.embeddings.LayerNorm", Plain.Add(w.Row("distilbert.embeddings.word_embeddings.weight", token), w.Row("distilbert.embeddings.position_embeddings.weight", i)), 1e-12)).ToArray();
        for (var layer = 0; layer < w.Int("n_layers"); layer++)
        {
            var name = $"distilbert.transformer.layer.{layer}.";
            double[][] Heads(string kind, double[] x) => Plain.Heads(w.Linear($"{name}attention.{kind}_lin.weight", x, $"{name}attention.{kind}_lin.bias"), w.Int("n_heads"));
            var mixed = Attend(rows, (x, _) => (Heads("q", x), Heads("k", x), Heads("v", x)), int.MaxValue);
            rows = [.. rows.Select((x, i) =>
            {
                var attended = LayerNorm(w, name + "sa_layer_norm", Plain.Add(x, w.Linear(name + "attention.out_lin.weight", mixed[i], name + "attention.out_lin.bias")), 1e-12);
                var inner = Array.ConvertAll(w.Linear(name + "ffn.lin1.weight", attended, name + "ffn.lin1.bias"), Plain.Gelu);
                return LayerNorm(w, name + "output_layer_norm", Plain.Add(attended, w.Linear(name + "ffn.lin2.weight", inner, name + "ffn.lin2.bias")), 1e-12);
            })];
        }

        return Array.ConvertAll(rows, row => Logits(w, row, "vocab_transform", "vocab_layer_norm", "distilbert.embeddings.word_embeddings.weight", "vocab_projector.bias"));
    }

    /// <summary>ModernBERT (Warner et al. 2024) with a global layer first and two local ones behind it: hidden states behind the last norm.</summary>
    public static double[][] ModernBert(PlainWeights w, int[] tokens, int[] types) =>
        Modern(w, tokens, layer => layer % 3 == 0, layer => layer % 3 == 0 ? 160000 : 10000);

    /// <summary>Local layers first, biases, other bases; the scores of the head.</summary>
    public static double[][] ModernBertLogits(PlainWeights w, int[] tokens, int[] types) => Array.ConvertAll(
        Modern(w, tokens, layer => layer % 2 == 1, layer => layer % 2 == 1 ? 4000 : 100),
        row => Logits(w, row, "head.dense", "head.norm", "model.embeddings.tok_embeddings.weight", "decoder.bias", epsilon: 1e-5));

    private static double[][] Modern(PlainWeights w, int[] tokens, Func<int, bool> isGlobal, Func<int, double> theta)
    {
        var heads = w.Int("num_attention_heads");
        var rows = Array.ConvertAll(tokens, token => LayerNorm(w, "model.embeddings.norm", w.Row("model.embeddings.tok_embeddings.weight", token), 1e-5));
        var size = rows[0].Length / heads;
        for (var layer = 0; layer < w.Int("num_hidden_layers"); layer++)
        {
            var name = $"model.layers.{layer}.";
            var rates = Plain.Frequencies(theta(layer), size);
            var inputs = layer == 0 ? rows : Array.ConvertAll(rows, x => LayerNorm(w, name + "attn_norm", x, 1e-5));
            var mixed = Attend(
                inputs,
                (x, position) =>
                {
                    var all = Plain.Heads(w.Linear(name + "attn.Wqkv.weight", x, name + "attn.Wqkv.bias"), 3 * heads);
                    return (Turned(all[..heads], position), Turned(all[heads..(2 * heads)], position), all[(2 * heads)..]);
                },
                isGlobal(layer) ? int.MaxValue : w.Int("local_attention") / 2);
            rows = [.. rows.Select((x, i) =>
            {
                var attended = Plain.Add(x, w.Linear(name + "attn.Wo.weight", mixed[i], name + "attn.Wo.bias"));
                var both = w.Linear(name + "mlp.Wi.weight", LayerNorm(w, name + "mlp_norm", attended, 1e-5), name + "mlp.Wi.bias");
                var inner = Plain.Times(Array.ConvertAll(both[..(both.Length / 2)], Plain.Gelu), both[(both.Length / 2)..]);
                return Plain.Add(attended, w.Linear(name + "mlp.Wo.weight", inner, name + "mlp.Wo.bias"));
            })];

            double[][] Turned(double[][] parts, int position) => Array.ConvertAll(parts, part => Plain.Rotate(part, position, rates));
        }

        return Array.ConvertAll(rows, row => LayerNorm(w, "model.final_norm", row, 1e-5));
    }

    private static double[][] PostNorm(PlainWeights w, int[] tokens, int[] positions, int[] types, string prefix, bool tanh)
    {
        var embeddings = prefix + "embeddings.";
        var rows = tokens.Select((token, i) => LayerNorm(
            w,
            embeddings + "LayerNorm",
            Plain.Add(Plain.Add(w.Row(embeddings + "word_embeddings.weight", token), w.Row(embeddings + "position_embeddings.weight", positions[i])), w.Row(embeddings + "token_type_embeddings.weight", types[i])),
            1e-12)).ToArray();
        for (var layer = 0; layer < w.Int("num_hidden_layers"); layer++)
        {
            var name = $"{prefix}encoder.layer.{layer}.";
            double[][] Heads(string kind, double[] x) => Plain.Heads(w.Linear($"{name}attention.self.{kind}.weight", x, $"{name}attention.self.{kind}.bias"), w.Int("num_attention_heads"));
            var mixed = Attend(rows, (x, _) => (Heads("query", x), Heads("key", x), Heads("value", x)), int.MaxValue);
            rows = [.. rows.Select((x, i) =>
            {
                var attended = LayerNorm(w, name + "attention.output.LayerNorm", Plain.Add(x, w.Linear(name + "attention.output.dense.weight", mixed[i], name + "attention.output.dense.bias")), 1e-12);
                var inner = Array.ConvertAll(w.Linear(name + "intermediate.dense.weight", attended, name + "intermediate.dense.bias"), v => tanh ? Plain.GeluTanh(v) : Plain.Gelu(v));
                return LayerNorm(w, name + "output.LayerNorm", Plain.Add(attended, w.Linear(name + "output.dense.weight", inner, name + "output.dense.bias")), 1e-12);
            })];
        }

        return rows;
    }

    /// <summary>Attention of every row over the rows at most <paramref name="reach"/> away on either side.</summary>
    private static double[][] Attend(double[][] inputs, Func<double[], int, (double[][] Q, double[][] K, double[][] V)> project, int reach)
    {
        var parts = inputs.Select(project).ToArray();
        return [.. parts.Select((row, i) => Plain.Join(row.Q.Select((query, head) =>
        {
            int[] seen = [.. Enumerable.Range(0, parts.Length).Where(j => Math.Abs(i - j) <= reach)];
            var weights = Plain.Softmax(Array.ConvertAll(seen, j => Plain.Dot(query, parts[j].K[head]) / Math.Sqrt(query.Length)));
            return seen.Select((j, k) => Plain.Times(parts[j].V[head], weights[k])).Aggregate(Plain.Add);
        })))];
    }

    private static double[] Logits(PlainWeights w, double[] row, string dense, string norm, string output, string bias, bool tanh = false, double epsilon = 1e-12)
    {
        var inner = Array.ConvertAll(w.Linear(dense + ".weight", row, dense + ".bias"), v => tanh ? Plain.GeluTanh(v) : Plain.Gelu(v));
        return w.Linear(output, LayerNorm(w, norm, inner, epsilon), bias);
    }

    private static double[] LayerNorm(PlainWeights w, string name, double[] x, double epsilon) =>
        Plain.LayerNorm(x, w.Vector(name + ".weight"), w.Maybe(name + ".bias"), epsilon);
}
