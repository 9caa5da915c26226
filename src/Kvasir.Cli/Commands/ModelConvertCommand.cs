using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Engine.Calibration;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir model convert</c>: writes a model as one GGUF file.</summary>
internal sealed class ModelConvertCommand : Command, IHelpTopics
{
    private const string Searched = "searched";
    private const string Nearest = "nearest";
    private const string Gptq = "gptq";
    private const int CalibrationTokens = 32_768;

    private readonly Argument<string> _source = new("SOURCE") { Description = NamedModel.Description };
    private readonly Argument<string> _output = new("OUTPUT") { Description = "The .gguf file to write; it appears when it is complete." };

    private readonly Option<DataType> _type = new("--type")
    {
        Description = $"Type of the matrices: {string.Join(", ", Enum.GetNames<DataType>())}.",
        HelpName = "TYPE",
        CustomParser = NamedValue.Parse<DataType>,
        DefaultValueFactory = _ => DataType.Q8_0,
    };

    private readonly Option<string[]> _overrides = new("--override")
    {
        Description = "Another type for some matrices, PATTERN=TYPE; the last rule that matches counts. May be given several times.",
        HelpName = "RULES",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string> _rounding = new("--rounding")
    {
        Description = "How values are put on the grid of a block type: searched (least squared error), nearest, or gptq (error feedback; the default with --calibrate).",
        HelpName = "NAME",
    };

    private readonly Option<string?> _calibrate = new("--calibrate")
    {
        Description = "Text of the kind that the model will read: the model runs over it first, and errors are weighed by what it computes.",
        HelpName = "FILE",
    };

    private readonly Option<int> _calibrationTokens = new("--calibration-tokens")
    {
        Description = "Most tokens of the text that are run.",
        HelpName = "N",
        DefaultValueFactory = _ => CalibrationTokens,
    };

    private readonly Option<bool> _force = new("--force") { Description = "Overwrite OUTPUT when it exists." };
    private readonly Option<int> _threads = new("--threads", "-t") { Description = "Worker threads; the file does not depend on it. 0: all processors.", HelpName = "N" };
    private readonly JsonOption _json = new("{path, bytes, bitsPerWeight, matrices}");

    public ModelConvertCommand()
        : base("convert", "Converts a model to one GGUF file, in one type or in a mix of types.")
    {
        _rounding.AcceptOnlyFromAmong(Searched, Nearest, Gptq);
        Add(_source);
        Add(_output);
        Add(_type);
        Add(_overrides);
        Add(_rounding);
        Add(_calibrate);
        Add(_calibrationTokens);
        Add(_force);
        Add(_threads);
        Add(_json);
        SetAction(Run);
    }

    public string? Details => """
        Norms and biases are always F32. Types with super-blocks or tables (those with a K, IQ4 and MXFP4) are rounded to the nearest level.
        A rule names GGUF tensors, * stands for any characters: blk.*.ffn_down=Q5_1. kvasir model verify --against measures the loss.
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
            var target = parsed.GetRequiredValue(_output);
            if (File.Exists(target) && !parsed.GetValue(_force))
                throw new IOException($"{target} exists; give another name or --force");
            using var source = ModelFile.Open(NamedModel.Resolve(parsed.GetRequiredValue(_source)));
            var options = new ConversionOptions
            {
                Type = parsed.GetValue(_type),
                Overrides = [.. (parsed.GetValue(_overrides) ?? []).SelectMany(TypeRule.ParseList)],
                Rounding = Rounding(parsed, cancellation),
                Threads = parsed.GetValue(_threads),
            };
            var report = ModelConverter.Convert(source, target, options, progress: null, cancellation);
            Print(parsed, report);
            return ExitCode.Success;
        },
        cancellation);

    private IBlockRounding Rounding(ParseResult parsed, CancellationToken cancellation)
    {
        var name = parsed.GetValue(_rounding) ?? (parsed.GetValue(_calibrate) is null ? Searched : Gptq);
        if (name == Nearest)
            return new NearestRounding();
        if (parsed.GetValue(_calibrate) is not { } file)
        {
            return name == Gptq
                ? throw new ArgumentException("--rounding gptq needs --calibrate FILE: a text that the model runs over first")
                : new SearchedRounding();
        }

        var error = parsed.InvocationConfiguration.Error;
        var progress = new Progress<int>(tokens => error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"calibration: {tokens:N0} tokens run")));
        var statistics = ActivationCalibration.Measure(
            NamedModel.Resolve(parsed.GetRequiredValue(_source)), File.ReadAllText(file), parsed.GetValue(_calibrationTokens), parsed.GetValue(_json) ? null : progress, cancellation);
        return name == Gptq ? new GptqRounding(statistics, importance: statistics) : new SearchedRounding(statistics);
    }

    private void Print(ParseResult parsed, ConversionReport report)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["path"] = report.Path,
                ["bytes"] = report.Bytes,
                ["bitsPerWeight"] = JsonOutput.Number(report.BitsPerWeight),
                ["matrices"] = new JsonArray([.. report.Matrices.Select(matrix => new JsonObject
                {
                    ["name"] = matrix.Name,
                    ["from"] = matrix.From.Name,
                    ["to"] = matrix.To.Name,
                    ["relativeError"] = JsonOutput.Number(matrix.RelativeError),
                    ["note"] = matrix.Note,
                })]),
            });
            return;
        }

        foreach (var matrix in report.Matrices)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{matrix.Name,-28} [{matrix.Rows}, {matrix.Columns}] {matrix.From.Name} -> {matrix.To.Name}, relative error {matrix.RelativeError:0.0e+00}{(matrix.Note is null ? "" : "; " + matrix.Note)}"));
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{report.Path}: {Screen.Size(report.Bytes)}, {report.BitsPerWeight:0.00} bits a weight"));
    }
}
