using System.CommandLine;
using System.CommandLine.Parsing;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Engine.Calibration;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir model quantize</c>: writes a model with fewer bits a weight, in one type or in a mix that it chooses.</summary>
internal sealed class ModelQuantizeCommand : Command, IHelpTopics
{
    private const string Mixed = "mixed";
    private const double DefaultBits = 4.5;

    private readonly Argument<string> _source = new("MODEL") { Description = NamedModel.Description };

    private readonly Option<string> _type = new("--type")
    {
        Description = $"Type of the matrices: {string.Join(", ", Quantised().Select(type => type.Name))}, or {Mixed}: a type for each, under --bits.",
        HelpName = "TYPE",
        CustomParser = ParseType,
        DefaultValueFactory = _ => nameof(DataType.Q4_K),
    };

    private readonly Option<double?> _bits = new("--bits")
    {
        Description = $"Most bits a weight of the mix. Default: {DefaultBits}.",
        HelpName = "N",
    };

    private readonly ConversionOptionSet _conversion = new(feedback: false);
    private readonly JsonOption _json = new(ConversionScreen.Fields);

    public ModelQuantizeCommand()
        : base("quantize", "Writes a model as a smaller GGUF file, in one type or in the mix that loses least under a number of bits a weight.")
    {
        Add(_source);
        _conversion.AddTo(this);
        Add(_type);
        Add(_bits);
        Add(_json);
        SetAction(Run);
    }

    public string? Details => """
        Scales are searched for the least squared error. With --calibrate the model first runs over a text, and every column's errors count
        by its mean squared activation. A mix then also measures what each kind of matrix can bear: for each kind it writes OUTPUT.probe, about
        half the size of a 16-bit model, compares it with MODEL over 512 tokens and deletes it. Norms, biases and routers stay F32. The loss:
        kvasir model verify OUTPUT --against MODEL --text FILE, kvasir bench perplexity --model OUTPUT.
        """;

    public IReadOnlyList<string> Examples =>
    [
        "kvasir model quantize model-folder small.gguf --type Q4_K --calibrate sample.txt",
        "kvasir model quantize model.gguf small.gguf --type mixed --bits 4.5 --calibrate sample.txt",
    ];

    private static DataType[] Quantised() => [.. Enum.GetValues<DataType>().Where(type => type.IsQuantized)];

    private static string ParseType(ArgumentResult result)
    {
        var name = result.Tokens[0].Value;
        if (string.Equals(name, Mixed, StringComparison.OrdinalIgnoreCase))
            return Mixed;
        if (DataTypeInfo.TryParse(name, out var type) && type.IsQuantized)
            return type.Name;
        NamedValue.AddError(result, [.. Quantised().Select(known => known.Name), Mixed]);
        return Mixed;
    }

    private Task<int> Run(ParseResult parsed, CancellationToken cancellation) => Task.Run(
        () =>
        {
            var target = _conversion.Output(parsed);
            var mixed = !DataTypeInfo.TryParse(parsed.GetRequiredValue(_type), out var type);
            if (!mixed && parsed.GetValue(_bits) is not null)
                throw new ArgumentException($"--bits is for --type {Mixed}; {type.Name} has its own number of bits");
            var path = NamedModel.Resolve(parsed.GetRequiredValue(_source));
            var json = parsed.GetValue(_json);
            var error = parsed.InvocationConfiguration.Error;
            using var source = ModelFile.Open(path);
            var options = _conversion.Options(parsed, path, quiet: json, cancellation) with { Type = mixed ? DataType.Q4_K : type };
            if (mixed)
            {
                var lines = json ? null : new Progress<string>(kind => error.WriteLine($"sensitivity: {kind}"));
                var sensitivity = _conversion.CalibrationText(parsed) is { } text ? MixSensitivity.Measure(source, options, text, target + ".probe", lines, cancellation) : null;
                options = TypeMix.Choose(source, options, parsed.GetValue(_bits) ?? DefaultBits, sensitivity, json ? null : new ConversionLines(error, "measuring"), cancellation);
            }

            var report = ModelConverter.Convert(source, target, options, json ? null : new ConversionLines(error, "writing"), cancellation);
            if (json)
                JsonOutput.Write(parsed.InvocationConfiguration.Output, ConversionScreen.Json(report));
            else
                ConversionScreen.Write(parsed.InvocationConfiguration.Output, report);
            return ExitCode.Success;
        },
        cancellation);
}
