using System.Text.Json.Nodes;
using Kvasir.Models.Tests.Support;

namespace Kvasir.Models.Tests.Tokenizers;

/// <summary>
/// The Rust library behind Hugging Face tokenizers, through the npm package @anush008/tokenizers; with KVASIR_TOKENIZERS_ORACLE=js the
/// rewrite in JavaScript, @huggingface/tokenizers.
/// </summary>
internal static class TokenizerOracle
{
    private const string Rust = """
        import { createRequire } from 'node:module';
        const { Tokenizer } = createRequire(process.cwd() + '/')('@anush008/tokenizers');
        let text = '';
        for await (const part of process.stdin) text += part;
        const { json, texts } = JSON.parse(text);
        const tokenizer = Tokenizer.fromString(json);
        const ids = [], whole = [], decoded = [], plain = [];
        for (const t of texts) {
          const i = (await tokenizer.encode(t, null, { addSpecialTokens: false })).getIds();
          ids.push(i);
          whole.push((await tokenizer.encode(t, null, { addSpecialTokens: true })).getIds());
          decoded.push(await tokenizer.decode(i, false));
          plain.push(await tokenizer.decode(i, true));
        }
        console.log(JSON.stringify({ ids, whole, decoded, plain }));
        """;

    private const string JavaScript = """
        import { Tokenizer } from '@huggingface/tokenizers';
        let text = '';
        for await (const part of process.stdin) text += part;
        const { json, settings, texts } = JSON.parse(text);
        const tokenizer = new Tokenizer(JSON.parse(json), settings ?? {});
        const ids = [], whole = [], decoded = [], plain = [];
        for (const t of texts) {
          const i = tokenizer.encode(t, { add_special_tokens: false }).ids;
          ids.push(i);
          whole.push(tokenizer.encode(t, { add_special_tokens: true }).ids);
          decoded.push(i.length ? tokenizer.decode(i, { skip_special_tokens: false, clean_up_tokenization_spaces: false }) : '');
          plain.push(i.length ? tokenizer.decode(i, { skip_special_tokens: true, clean_up_tokenization_spaces: false }) : '');
        }
        console.log(JSON.stringify({ ids, whole, decoded, plain }));
        """;

    public static string? Folder { get; } = Environment.GetEnvironmentVariable("KVASIR_TOKENIZERS") is { Length: > 0 } folder ? folder : null;

    public static bool IsJavaScript { get; } = Environment.GetEnvironmentVariable("KVASIR_TOKENIZERS_ORACLE") == "js";

    /// <param name="json">A tokenizer.json.</param>
    /// <param name="texts">Unpaired surrogates go out as U+FFFD.</param>
    public static (int[][] Ids, int[][] Whole, string[] Decoded, string[] Plain) Ask(string json, IReadOnlyList<string> texts)
    {
        var input = new JsonObject { ["json"] = json, ["texts"] = new JsonArray([.. texts.Select(t => (JsonNode)WellFormed.Text(t))]) };
        var output = JsonNode.Parse(NodeProcess.Run(Folder!, IsJavaScript ? JavaScript : Rust, input.ToJsonString()))!;
        return (Ids(output["ids"]!), Ids(output["whole"]!), Texts(output["decoded"]!), Texts(output["plain"]!));
    }

    private static int[][] Ids(JsonNode node) => [.. node.AsArray().Select(a => a!.AsArray().Select(i => i!.GetValue<int>()).ToArray())];

    private static string[] Texts(JsonNode node) => [.. node.AsArray().Select(a => a!.GetValue<string>())];
}
