using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir model merge-lora</c>: writes a model with an adapter added to its weights.</summary>
internal sealed class ModelMergeLoraCommand : Command, IHelpTopics
{
    private readonly Argument<string> _model = new("MODEL") { Description = NamedModel.Description };
    private readonly Argument<string> _adapter = new("ADAPTER") { Description = "A PEFT folder (adapter_config.json) or a GGUF adapter." };
    private readonly Argument<string> _output = new("OUTPUT") { Description = "A .gguf file, or a folder when the model is one; it appears when it is complete." };
    private readonly Option<DataType?> _type = new("--type")
    {
        Description = "Type of the matrices of a .gguf file. Default: each keeps its own.",
        HelpName = "TYPE",
        CustomParser = result => NamedValue.Parse<DataType>(result),
    };

    private readonly Option<float> _scale = new("--scale") { Description = "A factor beside the adapter's own.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<bool> _force = new("--force") { Description = "Overwrite OUTPUT when it exists." };
    private readonly Option<int> _threads = new("--threads", "-t") { Description = "Worker threads; the file does not depend on it. 0: all processors.", HelpName = "N" };
    private readonly JsonOption _json = new("{path, bytes, matrices, rank}");

    public ModelMergeLoraCommand()
        : base("merge-lora", "Writes a model with a LoRA adapter added to its weights.")
    {
        Add(_model);
        Add(_adapter);
        Add(_output);
        Add(_type);
        Add(_scale);
        Add(_force);
        Add(_threads);
        Add(_json);
        SetAction(Run);
    }

    public string? Details => """
        W + scale * alpha / r * B A (alpha / sqrt(r) with rsLoRA), summed in double precision. In types of 16 bits and fewer the sums are rounded
        like the weights: --type F32 keeps them. A folder keeps its files, names and types.
        """;

    public IReadOnlyList<string> Examples =>
    [
        "kvasir model merge-lora model-folder adapter-folder merged-folder",
        "kvasir model merge-lora model.gguf adapter.gguf merged.gguf --type F16",
    ];

    private Task<int> Run(ParseResult parsed, CancellationToken cancellation) => Task.Run(
        () =>
        {
            var target = parsed.GetRequiredValue(_output);
            var json = parsed.GetValue(_json);
            var (force, scale, type) = (parsed.GetValue(_force), parsed.GetValue(_scale), parsed.GetValue(_type));
            if (!float.IsFinite(scale))
                throw new ArgumentException($"--scale is {scale}; give a finite number");
            var progress = json ? null : new ConversionLines(parsed.InvocationConfiguration.Error, "merging");
            using var model = ModelFile.Open(NamedModel.Resolve(parsed.GetRequiredValue(_model)));
            var adapter = AdapterFile.Open(parsed.GetRequiredValue(_adapter), model.Config);
            long bytes;
            if (target.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
            {
                if (File.Exists(target) && !force)
                    throw new IOException($"{target} exists; give another name or --force");
                var options = new ConversionOptions { Type = type, Adapter = adapter, AdapterScale = scale, Threads = parsed.GetValue(_threads) };
                bytes = ModelConverter.Convert(model, target, options, progress, cancellation).Bytes;
            }
            else
            {
                if (type is not null)
                    throw new ArgumentException("--type is for .gguf files; a folder keeps its types");
                bytes = FolderMerge.Write(model, adapter, scale, target, force, progress, cancellation);
            }

            Print(parsed, Path.GetFullPath(target), bytes, adapter);
            return ExitCode.Success;
        },
        cancellation);

    private void Print(ParseResult parsed, string path, long bytes, AdapterFile adapter)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, new JsonObject { ["path"] = path, ["bytes"] = bytes, ["matrices"] = adapter.Matrices.Count, ["rank"] = adapter.Rank });
        else
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {Screen.Size(bytes)}, {adapter.Matrices.Count} matrices of rank {adapter.Rank} merged"));
    }
}
