using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Engine;
using Kvasir.Engine.Embeddings;
using Kvasir.Models;
using Spectre.Console;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir embed</c>: texts to vectors.</summary>
internal sealed class EmbedCommand : Command, IHelpTopics
{
    private const int ShownValues = 6;
    private const int ShownChars = 40;

    private readonly Argument<string[]> _texts = new("TEXT")
    {
        Description = "The texts. Without them and --file: standard input, one text a line.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _model = new("--model", "-m")
    {
        Description = $"{NamedModel.Description} Default: the bundled model, or ${BundledFiles.ModelVariable}.",
        HelpName = NamedModel.HelpName,
    };

    private readonly Option<string?> _file = new("--file", "-f") { Description = "Reads the texts from a file (UTF-8), one a line; empty lines are passed over.", HelpName = "FILE" };

    private readonly Option<string?> _prompt = new("--prompt-name")
    {
        Description = "A prompt of the model's files that stands before every text, e.g. query or document.",
        HelpName = "NAME",
    };

    private readonly Option<EmbeddingPooling?> _pooling = new("--pooling")
    {
        Description = "How the rows become a vector: mean, lastToken or firstToken (of encoders). Default: as the model's files say, or else mean.",
        HelpName = "KIND",
        CustomParser = result => NamedValue.Parse<EmbeddingPooling>(result),
    };

    private readonly Option<int?> _dimensions = new("--dimensions", "-d")
    {
        Description = "Keep the first N values and scale them anew; for models that were trained for it.",
        HelpName = "N",
    };

    private readonly Option<bool> _raw = new("--raw") { Description = "Leave the vectors as long as they are. Without it they have length 1, where the model's files do not say otherwise." };

    private readonly Option<bool> _truncate = new("--truncate") { Description = "Cut texts that are too long at their ends. Without it they are an error." };

    private readonly Option<bool> _similarity = new("--similarity", "-s") { Description = "Show the cosine between every two texts." };

    private readonly Option<int?> _threads = new("--threads", "-t") { Description = "Worker threads; the vectors' bits do not depend on it.", HelpName = "N" };

    private readonly JsonOption _json = new("{model, dimensions, tokens, embeddings: [{text, tokens, vector}]}; with --similarity also {similarity: [[cosine]]}.");

    private readonly TextReader _input;

    public EmbedCommand(TextReader input)
        : base("embed", "Makes vectors of texts, and says how near they are to each other.")
    {
        _input = input;
        Add(_texts);
        Add(_model);
        Add(_file);
        Add(_prompt);
        Add(_pooling);
        Add(_dimensions);
        Add(_raw);
        Add(_truncate);
        Add(_similarity);
        Add(_threads);
        Add(_json);
        SetAction(RunAsync);
    }

    public string Details => """
        An encoder (BERT, MiniLM, BGE, E5, ModernBERT …) reads a text in both directions; pooling, scaling and prompts are taken
        from the files of sentence-transformers beside it. Of any other model the hidden states of its last layer are pooled.
        A text's vector has the same bits whatever texts are beside it.
        """;

    public IReadOnlyList<string> Examples =>
    [
        "kvasir embed --model all-MiniLM-L6-v2 --similarity \"a cat\" \"a kitten\" \"a bridge\"",
        "kvasir embed --model bge-small-en-v1.5 --file passages.txt --json",
        "kvasir embed --model e5-small-v2 --prompt-name query \"who built the wall\" --json",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var texts = await TextsAsync(parsed, cancellation).ConfigureAwait(false);
        using var embedder = Embedders.Load(NamedModel.OrDefault(parsed.GetValue(_model)), new EngineOptions { Threads = parsed.GetValue(_threads), MaxQueued = int.MaxValue });
        var options = new TextOptions { PromptName = parsed.GetValue(_prompt), Truncate = parsed.GetValue(_truncate) };
        int[][] tokens = [.. texts.Select((text, i) => Encode(embedder, text, i, options))];
        var embeddings = await embedder.EmbedAllAsync(
            tokens,
            new EmbeddingRequest
            {
                Prompt = default,
                Pooling = parsed.GetValue(_pooling),
                Dimensions = parsed.GetValue(_dimensions),
                Normalize = parsed.GetValue(_raw) ? false : null,
            },
            cancellation).ConfigureAwait(false);
        var output = parsed.InvocationConfiguration.Output;
        var similarity = parsed.GetValue(_similarity) ? Cosines(embeddings) : null;
        if (parsed.GetValue(_json))
            WriteJson(output, embedder, texts, embeddings, similarity);
        else
            WriteText(output, texts, embeddings, similarity);
        return ExitCode.Success;
    }

    private static int[] Encode(IEmbedder embedder, string text, int index, TextOptions options)
    {
        var tokens = embedder.EncodeText(text, options);
        return tokens.Length > 0 ? tokens : throw new ArgumentException($"text {index + 1} is empty; give at least one token");
    }

    private async Task<string[]> TextsAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var given = parsed.GetValue(_texts) ?? [];
        var file = parsed.GetValue(_file);
        if (given.Length > 0 && file is not null)
            throw new ArgumentException("the texts were given twice; give them as arguments or with --file");
        if (given.Length > 0)
            return given;
        var lines = file is not null
            ? await File.ReadAllLinesAsync(file, cancellation).ConfigureAwait(false)
            : (await _input.ReadToEndAsync(cancellation).ConfigureAwait(false)).Split('\n');
        string[] texts = [.. lines.Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0)];
        return texts.Length > 0 ? texts : throw new ArgumentException("there is no text; give texts as arguments, with --file, or as lines on standard input");
    }

    private static double[][] Cosines(IReadOnlyList<Embedding> embeddings) =>
        [.. embeddings.Select(a => embeddings.Select(b => Embedders.Similarity(a.Vector, b.Vector)).ToArray())];

    private static void WriteJson(TextWriter output, IEmbedder embedder, string[] texts, IReadOnlyList<Embedding> embeddings, double[][]? similarity)
    {
        var json = new JsonObject
        {
            ["model"] = embedder.Model.Name,
            ["dimensions"] = embeddings[0].Vector.Length,
            ["tokens"] = embeddings.Sum(embedding => embedding.PromptTokens),
            ["embeddings"] = new JsonArray([.. embeddings.Select((embedding, i) => new JsonObject
            {
                ["text"] = texts[i],
                ["tokens"] = embedding.PromptTokens,
                ["vector"] = new JsonArray([.. embedding.Vector.Select(value => JsonValue.Create(value))]),
            })]),
        };
        if (similarity is not null)
            json["similarity"] = new JsonArray([.. similarity.Select(row => new JsonArray([.. row.Select(value => JsonValue.Create(value))]))]);
        JsonOutput.Write(output, json);
    }

    private static void WriteText(TextWriter output, string[] texts, IReadOnlyList<Embedding> embeddings, double[][]? similarity)
    {
        if (similarity is null)
        {
            for (var i = 0; i < texts.Length; i++)
                output.WriteLine($"{Short(texts[i])}: {Values(embeddings[i].Vector)} ({embeddings[i].Vector.Length} values of {embeddings[i].PromptTokens} tokens)");
            return;
        }

        var table = Screen.Table(["", .. texts.Select((_, i) => (i + 1).ToString(CultureInfo.InvariantCulture))]);
        for (var i = 0; i < texts.Length; i++)
            table.AddRow([new Text($"{i + 1}  {Short(texts[i])}"), .. similarity[i].Select(value => new Text(value.ToString("0.0000", CultureInfo.InvariantCulture)))]);
        Screen.Create(output).Write(table);
    }

    private static string Values(float[] vector) => string.Concat(
        "[", string.Join(", ", vector.Take(ShownValues).Select(value => value.ToString("0.0000", CultureInfo.InvariantCulture))), vector.Length > ShownValues ? ", …]" : "]");

    private static string Short(string text) => text.Length <= ShownChars ? text : string.Concat(text.AsSpan(0, ShownChars - 1), "…");
}
