using System.CommandLine;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir model convert</c>: writes a model as one GGUF file.</summary>
internal sealed class ModelConvertCommand : Command, IHelpTopics
{
    private readonly Argument<string> _source = new("SOURCE") { Description = NamedModel.Description };

    private readonly Option<DataType> _type = new("--type")
    {
        Description = $"Type of the matrices: {string.Join(", ", Enum.GetNames<DataType>())}.",
        HelpName = "TYPE",
        CustomParser = NamedValue.Parse<DataType>,
        DefaultValueFactory = _ => DataType.Q8_0,
    };

    private readonly ConversionOptionSet _conversion = new(feedback: true);
    private readonly JsonOption _json = new(ConversionScreen.Fields);

    public ModelConvertCommand()
        : base("convert", "Converts a model to one GGUF file, in one type or in a mix of types.")
    {
        Add(_source);
        _conversion.AddTo(this);
        Add(_type);
        Add(_json);
        SetAction(Run);
    }

    public string? Details => """
        Norms, biases and routers are always F32. Types with tables (IQ4 and MXFP4) are rounded to the nearest level. Where rows do not divide
        into super-blocks the type of 32 with the next more bits is taken. A rule names GGUF tensors, * stands for any characters:
        blk.*.ffn_down=Q5_1. kvasir model verify --against measures the loss; kvasir model quantize chooses types under a number of bits.
        """;

    public IReadOnlyList<string> Examples =>
    [
        "kvasir model convert model-folder model.gguf --type Q8_0",
        "kvasir model convert model-folder small.gguf --type Q5_0 --calibrate sample.txt",
        "kvasir model convert model-folder small.gguf --type Q4_0 --override \"token_embd=Q8_0,blk.*.ffn_down=Q5_1\"",
    ];

    private Task<int> Run(ParseResult parsed, CancellationToken cancellation) => Task.Run(
        () =>
        {
            var target = _conversion.Output(parsed);
            var path = NamedModel.Resolve(parsed.GetRequiredValue(_source));
            var json = parsed.GetValue(_json);
            using var source = ModelFile.Open(path);
            var options = _conversion.Options(parsed, path, quiet: json, cancellation) with { Type = parsed.GetValue(_type) };
            var progress = json ? null : new ConversionLines(parsed.InvocationConfiguration.Error, "writing");
            var report = ModelConverter.Convert(source, target, options, progress, cancellation);
            if (json)
                JsonOutput.Write(parsed.InvocationConfiguration.Output, ConversionScreen.Json(report));
            else
                ConversionScreen.Write(parsed.InvocationConfiguration.Output, report);
            return ExitCode.Success;
        },
        cancellation);
}
