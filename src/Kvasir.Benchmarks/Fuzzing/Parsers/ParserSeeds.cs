using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Benchmarks.Fuzzing.Parsers;

/// <summary>Small valid files of every kind, made in memory.</summary>
internal static class ParserSeeds
{
    private const int Vocab = 24, Hidden = 32, Width = 32, HeadDim = 16;

    private static readonly string[] Pieces =
        ["<unk>", "<s>", "</s>", "a", "b", "▁", "ab", "▁a", "▁ab", "he", "l", "o", "h", "e", "r", "<0x0A>", "<0xE2>", "Ġ", "Ġa", "##b", "1", "2", "12", "é"];

    private static readonly (string Name, long Rows, long Columns)[] Tensors =
    [
        ("model.embed_tokens.weight", Vocab, Hidden), ("model.norm.weight", 0, Hidden), ("model.layers.0.input_layernorm.weight", 0, Hidden), ("model.layers.0.self_attn.q_proj.weight", Hidden, Hidden),
        ("model.layers.0.self_attn.k_proj.weight", HeadDim, Hidden), ("model.layers.0.self_attn.v_proj.weight", HeadDim, Hidden), ("model.layers.0.self_attn.o_proj.weight", Hidden, Hidden),
        ("model.layers.0.post_attention_layernorm.weight", 0, Hidden), ("model.layers.0.mlp.gate_proj.weight", Width, Hidden), ("model.layers.0.mlp.up_proj.weight", Width, Hidden), ("model.layers.0.mlp.down_proj.weight", Hidden, Width),
    ];

    public static IReadOnlyList<string> Templates { get; } =
    [
        "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}<a>{% endif %}",
        "{% for m in messages if m.role != 'system' %}{{ loop.index0 }}{{ loop.last }}{% if loop.previtem is defined %}{{ loop.cycle('x', 'y') }}{% endif %}{% else %}none{% endfor %}",
        "{% set ns = namespace(a=1, b=[]) %}{% for i in range(3) %}{% set ns.a = ns.a * 2 + i %}{% endfor %}{{ ns.a }}{{ messages[1:][::-1][0].role }}",
        "{% macro show(v, d=0) %}{% if v is mapping %}{% for k, x in v | items %}{{ k }}{{ show(x, d + 1) }}{% endfor %}{% elif v is string %}{{ v }}{% endif %}{% endmacro %}{% for t in tools %}{{ show(t.function) }}{% endfor %}",
        "{% macro box(t) %}[{{ t }}{{ caller(1) }}]{% endmacro %}{% call(n) box('x') %}{{ n }}{% endcall %}{% filter upper %}a{% endfilter %}{% set x %}b{% endset %}{{ x }}",
        "{% for m in messages %}{% for c in m.tool_calls or [] %}{{ c.function.name }}{{ c.function.arguments | tojson(indent=2) }}{% endfor %}{% endfor %}",
        "{{ 'a-b'.split('-') | join('+') }}{{ ' x '.strip() }}{{ 'abc'[1:] }}{{ [3, 1] | sort | first }}{{ 'x' | replace('x', 'y') | indent(4) }}{{ 7 // 2 % 3 ** 2 }}{{ 'a' ~ 1 }}",
        "{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | list | tojson }}{{ strftime_now('%d %b %Y') }}{{ missing | default('d') }}",
        "{%- if tools -%} {{- tools | length }} {% break %}{%- endif -%}{# note #}{% raw %}{{ x }}{% endraw %}{{ raise_exception('no') if false }}",
    ];

    public static IReadOnlyList<string> TemplateWords { get; } =
    [
        "{{", "}}", "{%", "%}", "{%-", "-%}", "{#", "#}", " for ", " in ", " if ", "elif ", "else", "endif", "endfor", "set ", "macro ", "endmacro", "call ", "endcall", "filter ", "endfilter", "raw", "endraw", "break", "continue", "generation",
        "messages", "tools", "loop", "loop.index", "namespace(", "range(99999)", "range(", "range(-1, 9999999999, 1)", "dict(", "raise_exception(", "strftime_now(", "caller()", "| tojson", "| join(", "| replace('', 'xxxxxxxxxx')", "| indent(9999)", "| sort", "| unique",
        "| map(", "| selectattr(", "| list", "| length", "| trim", "| upper", "| items", "| default(", "| int", "| float", "| round", "is defined", "is mapping", "is divisibleby 0", "not ", " and ", " or ", "==", "!=", "<=", "**", "//", "%", "~", "*", "-", "+",
        "'a' * 99999999", "[0] * 99999999", "9 ** 9 ** 9", "1 // 0", "1 % 0", "[::0]", "[-1]", ".split('')", ".strip()", ".items()", ".get(", "[", "]", "(", ")", ",", ".", ":", "'", "\"", "\\", "9223372036854775807", "-9223372036854775808", "1e308", "none", "true",
    ];

    public static IReadOnlyList<string> Tokenizers { get; } = [.. MakeTokenizers()];

    public static byte[] Config(string more = "") => Encoding.UTF8.GetBytes($$"""
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "vocab_size": {{Vocab}}, "hidden_size": {{Hidden}}, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": {{HeadDim}},
         "intermediate_size": {{Width}}, "max_position_embeddings": 128, "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "tie_word_embeddings": true, "eos_token_id": 2{{more}}}
        """);

    public static byte[] TokenizerConfig() => """
        {"bos_token": "<s>", "eos_token": {"content": "</s>"}, "pad_token": "<unk>", "add_bos_token": true, "add_eos_token": false, "chat_template": [{"name": "default", "template": "{{ messages[0].content }}"}, {"name": "tool_use", "template": "x"}]}
        """u8.ToArray();

    /// <summary>A whole Hugging Face folder.</summary>
    public static void Folder(string folder)
    {
        File.WriteAllBytes(Path.Combine(folder, "config.json"), Config());
        File.WriteAllBytes(Path.Combine(folder, "tokenizer_config.json"), TokenizerConfig());
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), Tokenizers[0]);
        File.WriteAllBytes(Path.Combine(folder, "model-00001-of-00001.safetensors"), SafeTensors());
        File.WriteAllBytes(Path.Combine(folder, "model.safetensors.index.json"), Index());
    }

    public static byte[] SafeTensors() => SafeTensors(Tensors);

    public static byte[] AdapterTensors() => SafeTensors(
    [
        ("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", 2, Hidden),
        ("base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight", Hidden, 2),
    ]);

    public static byte[] Index()
    {
        string map = string.Join(", ", Tensors.Select(t => $"\"{t.Name}\": \"model-00001-of-00001.safetensors\""));
        return Encoding.UTF8.GetBytes("{\"metadata\": {\"total_size\": 1}, \"weight_map\": {" + map + "}}");
    }

    /// <summary>A model with one kind of tokenizer.</summary>
    public static byte[] Gguf(string path, string tokenizer)
    {
        using (var writer = new GgufWriter(path))
        {
            writer.Add("general.architecture", "llama");
            writer.Add("llama.context_length", 128);
            writer.Add("llama.embedding_length", Hidden);
            writer.Add("llama.block_count", 1);
            writer.Add("llama.feed_forward_length", Width);
            writer.Add("llama.attention.head_count", 2);
            writer.Add("llama.attention.head_count_kv", 1);
            writer.Add("llama.attention.layer_norm_rms_epsilon", 1e-5f);
            writer.Add("llama.rope.freq_base", 10000f);
            writer.Add("llama.rope.dimension_count", HeadDim);
            writer.Add("tokenizer.ggml.model", tokenizer);
            writer.Add("tokenizer.ggml.pre", "llama-bpe");
            writer.Add("tokenizer.ggml.tokens", Pieces);
            writer.Add("tokenizer.ggml.token_type", [2, 3, 3, .. Enumerable.Repeat(1, 12), 6, 6, .. Enumerable.Repeat(1, 6), 4]);
            writer.Add("tokenizer.ggml.scores", [.. Enumerable.Range(0, Vocab).Select(i => -(float)i)]);
            writer.Add("tokenizer.ggml.merges", ["a b", "h e", "Ġ a", "1 2"]);
            writer.Add("tokenizer.ggml.bos_token_id", 1);
            writer.Add("tokenizer.ggml.eos_token_id", 2);
            writer.Add("tokenizer.ggml.unknown_token_id", 0);
            writer.Add("tokenizer.ggml.add_bos_token", true);
            writer.Add("tokenizer.chat_template", "{{ messages[0].content }}");
            var tensors = Tensors.Select(t => (Name: GgufName(t.Name), t.Rows, t.Columns)).ToArray();
            foreach (var (name, rows, columns) in tensors)
                writer.Declare(name, rows == 0 ? DataType.F32 : name.Contains("ffn", StringComparison.Ordinal) ? DataType.Q8_0 : DataType.F16, rows == 0 ? [columns] : [rows, columns]);
            writer.BeginData();
            foreach (var (name, rows, columns) in tensors)
            {
                var type = rows == 0 ? DataType.F32 : name.Contains("ffn", StringComparison.Ordinal) ? DataType.Q8_0 : DataType.F16;
                writer.BeginTensor(name);
                for (long row = 0; row < Math.Max(rows, 1); row++)
                    RandomModels.WriteRow(writer, type, new float[columns]);
            }

            writer.Complete();
        }

        return Take(path);
    }

    public static byte[] AdapterGguf(string path)
    {
        using (var writer = new GgufWriter(path))
        {
            writer.Add("general.type", "adapter");
            writer.Add("general.architecture", "llama");
            writer.Add("adapter.type", "lora");
            writer.Add("adapter.lora.alpha", 4f);
            writer.Declare("blk.0.attn_q.weight.lora_a", DataType.F32, 2, Hidden);
            writer.Declare("blk.0.attn_q.weight.lora_b", DataType.F32, Hidden, 2);
            writer.BeginData();
            writer.BeginTensor("blk.0.attn_q.weight.lora_a");
            writer.Write(new byte[2 * Hidden * 4]);
            writer.BeginTensor("blk.0.attn_q.weight.lora_b");
            writer.Write(new byte[2 * Hidden * 4]);
            writer.Complete();
        }

        return Take(path);
    }

    /// <summary>A tokenizer.model in the wire format of protocol buffers.</summary>
    public static byte[] SentencePiece(bool unigram, bool map)
    {
        var file = new MemoryStream();
        for (int i = 0; i < Pieces.Length; i++)
        {
            var piece = new MemoryStream();
            Field(piece, 1, Encoding.UTF8.GetBytes(Pieces[i]));
            piece.WriteByte((2 << 3) | 5);
            piece.Write(BitConverter.GetBytes(-(float)i));
            piece.WriteByte(3 << 3);
            piece.WriteByte((byte)(i == 0 ? 2 : i < 3 ? 3 : Pieces[i].StartsWith("<0x", StringComparison.Ordinal) ? 6 : i == Pieces.Length - 1 ? 4 : 1));
            Field(file, 1, piece.ToArray());
        }

        Field(file, 2, [3 << 3, (byte)(unigram ? 1 : 2), 41 << 3 & 0x7F | 0x80, 41 >> 4, 1, 42 << 3 & 0x7F | 0x80, 42 >> 4, 2]);
        var normalizer = new MemoryStream();
        if (map)
            Field(normalizer, 2, CharsMap());
        normalizer.Write([3 << 3, 1, 4 << 3, (byte)(unigram ? 1 : 0)]);
        Field(file, 3, normalizer.ToArray());
        return file.ToArray();
    }

    private static byte[] SafeTensors((string Name, long Rows, long Columns)[] tensors)
    {
        var header = new StringBuilder("{\"__metadata__\": {\"format\": \"pt\"}");
        long at = 0;
        foreach (var (name, rows, columns) in tensors)
        {
            long bytes = Math.Max(rows, 1) * columns * 4;
            header.Append(CultureInfo.InvariantCulture, $", \"{name}\": {{\"dtype\": \"F32\", \"shape\": [{(rows == 0 ? "" : $"{rows}, ")}{columns}], \"data_offsets\": [{at}, {at + bytes}]}}");
            at += bytes;
        }

        byte[] json = Encoding.UTF8.GetBytes(header.Append('}').ToString());
        return [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. new byte[at]];
    }

    private static string GgufName(string name) => name.Replace("model.layers.", "blk.", StringComparison.Ordinal).Replace("model.embed_tokens", "token_embd", StringComparison.Ordinal)
        .Replace("model.norm", "output_norm", StringComparison.Ordinal).Replace("input_layernorm", "attn_norm", StringComparison.Ordinal).Replace("post_attention_layernorm", "ffn_norm", StringComparison.Ordinal)
        .Replace("self_attn.o_proj", "attn_output", StringComparison.Ordinal).Replace("self_attn.", "attn_", StringComparison.Ordinal).Replace("mlp.", "ffn_", StringComparison.Ordinal).Replace("_proj", "", StringComparison.Ordinal);

    private static byte[] Take(string path)
    {
        byte[] data = File.ReadAllBytes(path);
        File.Delete(path);
        return data;
    }

    private static void Field(MemoryStream output, int number, ReadOnlySpan<byte> data)
    {
        output.WriteByte((byte)((number << 3) | 2));
        int length = data.Length;
        for (; length >= 0x80; length >>= 7)
            output.WriteByte((byte)(length | 0x80));
        output.WriteByte((byte)length);
        output.Write(data);
    }

    // A double array with one entry, "A" to "a": the root, the node of A, its end.
    private static byte[] CharsMap()
    {
        var units = new uint[512];
        units[0] = 1u << 10;
        units[1 ^ 'A'] = ((uint)(1 ^ 'A' ^ 256) << 10) | (1u << 8) | 'A';
        units[256] = 0x8000_0000;
        var map = new byte[4 + (units.Length * 4) + 2];
        BinaryPrimitives.WriteUInt32LittleEndian(map, (uint)units.Length * 4);
        MemoryMarshal.AsBytes<uint>(units).CopyTo(map.AsSpan(4));
        map[^2] = (byte)'a';
        return map;
    }

    private static IEnumerable<string> MakeTokenizers()
    {
        const string Added = """[{"id": 0, "content": "<unk>", "special": true, "normalized": false}, {"id": 1, "content": "<s>", "special": true, "lstrip": true, "rstrip": true}, {"id": 2, "content": "</s>", "special": false, "single_word": true, "normalized": true}]""";
        string vocab = "{" + string.Join(", ", Pieces.Select((p, i) => $"\"{p}\": {i}")) + "}";
        string scored = "[" + string.Join(", ", Pieces.Select((p, i) => $"[\"{p}\", -{i}.5]")) + "]";
        string map = Convert.ToBase64String(CharsMap());
        yield return File(
            $$"""{"type": "BPE", "vocab": {{vocab}}, "merges": ["a b", ["h", "e"], "Ġ a", "1 2"], "ignore_merges": true, "unk_token": null, "fuse_unk": false, "byte_fallback": false, "continuing_subword_prefix": "", "end_of_word_suffix": ""}""",
            """{"type": "NFC"}""",
            """{"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "\\p{N}{1,3}|'s| ?\\p{L}+|\\s+(?!\\S)|\\s+"}, "behavior": "Isolated", "invert": false}, {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}""",
            """{"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}]}""",
            """{"type": "ByteLevel"}""");
        yield return File(
            $$"""{"type": "BPE", "vocab": {{vocab}}, "merges": ["a b", "▁ a"], "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true}""",
            """{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}, {"type": "Replace", "pattern": {"Regex": "x+"}, "content": "y"}]}""",
            "null",
            """{"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 1]}""",
            """{"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}""");
        yield return File(
            $$"""{"type": "Unigram", "unk_id": 0, "vocab": {{scored}}, "byte_fallback": true}""",
            $$"""{"type": "Sequence", "normalizers": [{"type": "Precompiled", "precompiled_charsmap": "{{map}}"}, {"type": "Nmt"}, {"type": "NFKC"}]}""",
            """{"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": true}]}""",
            "null",
            """{"type": "Metaspace", "replacement": "▁", "add_prefix_space": true}""");
        yield return File(
            $$"""{"type": "WordPiece", "vocab": {{vocab}}, "unk_token": "<unk>", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100}""",
            """{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true}""",
            """{"type": "BertPreTokenizer"}""",
            """{"type": "BertProcessing", "sep": ["</s>", 2], "cls": ["<s>", 1]}""",
            """{"type": "WordPiece", "prefix": "##", "cleanup": true}""");
        yield return File(
            $$"""{"type": "WordLevel", "vocab": {{vocab}}, "unk_token": "<unk>"}""",
            """{"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}, {"type": "Lowercase"}, {"type": "Strip", "strip_left": true, "strip_right": true}]}""",
            """{"type": "Sequence", "pretokenizers": [{"type": "Whitespace"}, {"type": "Punctuation", "behavior": "Contiguous"}, {"type": "Digits", "individual_digits": true}, {"type": "Split", "pattern": {"String": "-"}, "behavior": "MergedWithNext", "invert": true}, {"type": "CharDelimiterSplit", "delimiter": "_"}, {"type": "FixedLength", "length": 3}]}""",
            "null",
            """{"type": "BPEDecoder", "suffix": "</w>"}""");

        static string File(string model, string normalizer, string words, string processor, string decoder) =>
            $$"""{"version": "1.0", "added_tokens": {{Added}}, "normalizer": {{normalizer}}, "pre_tokenizer": {{words}}, "post_processor": {{processor}}, "decoder": {{decoder}}, "model": {{model}}}""";
    }
}
