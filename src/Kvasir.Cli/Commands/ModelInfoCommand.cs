using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Models;
using Kvasir.Numerics;
using Spectre.Console;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir model info</c>: what a model file holds.</summary>
internal sealed class ModelInfoCommand : Command, IHelpTopics
{
    private readonly Argument<string?> _path = new("MODEL")
    {
        Description = $"{NamedModel.Description} Default: the bundled model.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private const long QuicklyRead = 1L << 30;

    private readonly Option<bool> _fingerprint = new("--fingerprint")
    {
        Description = "Reads all weights for the fingerprint, however large they are. Default: those of up to 1 GiB.",
    };

    private readonly JsonOption _json = new("{path, name, architecture, parameters, weightBytes, types, …}");

    public ModelInfoCommand()
        : base("info", "Shows architecture, sizes, weight types, tokenizer and fingerprint of a model.")
    {
        Add(_path);
        Add(_fingerprint);
        Add(_json);
        SetAction(Run);
    }

    public IReadOnlyList<string> Examples => ["kvasir model info", "kvasir model info model.gguf --json"];

    private int Run(ParseResult parsed)
    {
        using var model = ModelFile.Open(NamedModel.OrDefault(parsed.GetValue(_path)));
        var matrices = ModelMatrices.All(model).ToArray();
        var config = model.Config;
        var info = new
        {
            model.Path,
            model.Name,
            config.Architecture,
            Parameters = matrices.Sum(matrix => (long)matrix.Rows * matrix.Columns),
            WeightBytes = matrices.Sum(matrix => matrix.RowBytes * matrix.Rows),
            Types = matrices.GroupBy(matrix => matrix.Type).OrderBy(group => group.Key)
                .ToDictionary(group => group.Key.Name, group => group.Count()),
            config.HiddenSize,
            config.Layers,
            config.QueryHeads,
            config.KvHeads,
            config.HeadDim,
            config.IntermediateSize,
            config.VocabSize,
            config.MaxContext,
            config.TiedEmbeddings,
            RopeTheta = config.Rope.Theta,
            RopeScaling = config.Rope.Scaling.ToString().ToLowerInvariant(),
            KvBytesPerToken16Bit = config.Encoder is not null ? 0 : 4L * config.Layers * config.KvHeads * config.HeadDim,
            Tokenizer = model.Tokenizer is not null,
            ChatTemplate = model.ChatTemplate is not null,
            model.StopTokens,
        };
        var fingerprint = parsed.GetValue(_fingerprint) || info.WeightBytes <= QuicklyRead ? model.Fingerprint.ToString() : null;
        var pooling = model.Embedding?.Pooling is { } kind ? JsonNamingPolicy.CamelCase.ConvertName(kind.ToString()) : null;
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["path"] = info.Path,
                ["name"] = info.Name,
                ["architecture"] = info.Architecture,
                ["parameters"] = info.Parameters,
                ["weightBytes"] = info.WeightBytes,
                ["types"] = new JsonObject(info.Types.Select(type => KeyValuePair.Create<string, JsonNode?>(type.Key, type.Value))),
                ["hiddenSize"] = info.HiddenSize,
                ["layers"] = info.Layers,
                ["queryHeads"] = info.QueryHeads,
                ["kvHeads"] = info.KvHeads,
                ["headDim"] = info.HeadDim,
                ["intermediateSize"] = info.IntermediateSize,
                ["vocabSize"] = info.VocabSize,
                ["maxContext"] = info.MaxContext,
                ["tiedEmbeddings"] = info.TiedEmbeddings,
                ["ropeTheta"] = info.RopeTheta,
                ["ropeScaling"] = info.RopeScaling,
                ["kvBytesPerToken16Bit"] = info.KvBytesPerToken16Bit,
                ["tokenizer"] = info.Tokenizer,
                ["chatTemplate"] = info.ChatTemplate,
                ["stopTokens"] = new JsonArray([.. info.StopTokens.Select(token => JsonValue.Create(token))]),
                ["encoder"] = config.Encoder is not null,
                ["pooling"] = pooling,
                ["fingerprint"] = fingerprint,
            });
            return ExitCode.Success;
        }

        var table = Screen.Table("", info.Name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(info.Path)));
        Row("architecture", info.Architecture + (config.Encoder is null ? "" : config.Encoder.PredictsTokens ? ", an encoder with a head" : ", an encoder"));
        Row("parameters", $"{Screen.Count(info.Parameters)} in matrices, {Screen.Size(info.WeightBytes)}");
        Row("weight types", string.Join(", ", info.Types.Select(type => $"{type.Key} × {type.Value}")));
        Row("hidden / layers / MLP", $"{info.HiddenSize} / {info.Layers} / {info.IntermediateSize}");
        Row("query heads / KV heads / dim", $"{info.QueryHeads} / {info.KvHeads} / {info.HeadDim}");
        Row("vocabulary", Screen.Count(info.VocabSize) + (info.TiedEmbeddings ? ", embedding and output tied" : ""));
        Row("context", $"{Screen.Count(info.MaxContext)} tokens");
        if (config.LearnedPositions)
            Row("positions", "learned");
        else
            Row("rope", string.Create(CultureInfo.InvariantCulture, $"theta {info.RopeTheta:0.###}, scaling {info.RopeScaling}"));
        if (config.Encoder is null)
            Row("keys and values, 16 bit", $"{Screen.Size(info.KvBytesPerToken16Bit)} a token");
        if (model.Embedding is { } embedding)
            Row("embeddings", $"{pooling ?? "pooling not said"}{(embedding.Normalize == true ? ", length 1" : "")}{(embedding.Prompts.Count > 0 ? $", prompts {string.Join(", ", embedding.Prompts.Keys)}" : "")}{(embedding.Unsupported is { } problem ? $"; not supported: {problem}" : "")}");
        Row("tokenizer / chat template", $"{(info.Tokenizer ? "yes" : "no")} / {(info.ChatTemplate ? "yes" : "no")}");
        Row("stop tokens", string.Join(", ", info.StopTokens));
        Row("fingerprint", fingerprint ?? "not computed: --fingerprint reads all weights for it");
        Screen.Create(output).Write(table);
        return ExitCode.Success;

        void Row(string name, string value) => table.AddRow(new Text(name), new Text(value));
    }
}
