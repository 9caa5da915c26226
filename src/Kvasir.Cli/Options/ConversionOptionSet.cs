using System.CommandLine;
using System.Globalization;
using Kvasir.Engine.Calibration;
using Kvasir.Models;

namespace Kvasir.Cli.Options;

/// <summary>What the commands that write a GGUF file from a model share.</summary>
internal sealed class ConversionOptionSet
{
    private const string Searched = "searched";
    private const string Nearest = "nearest";
    private const string Gptq = "gptq";
    private const int CalibrationTokens = 32_768;

    private readonly string _calibratedRounding;
    private readonly Argument<string> _output = new("OUTPUT") { Description = "The .gguf file to write; it appears when it is complete." };

    private readonly Option<string[]> _overrides = new("--override")
    {
        Description = "Another type for some matrices, PATTERN=TYPE; the last rule that matches counts. May be given several times.",
        HelpName = "RULES",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string> _rounding;

    private readonly Option<string?> _calibrate = new("--calibrate", "--calibration")
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

    /// <param name="feedback">Whether error feedback is the rounding when there is a calibration text, instead of the weighted search.</param>
    public ConversionOptionSet(bool feedback)
    {
        _calibratedRounding = feedback ? Gptq : Searched;
        _rounding = new Option<string>("--rounding")
        {
            Description = $"How values are put on the grid of a block type: searched (least squared error), nearest, or gptq (error feedback{(feedback ? "; the default with --calibrate" : "")}).",
            HelpName = "NAME",
        };
        _rounding.AcceptOnlyFromAmong(Searched, Nearest, Gptq);
    }

    /// <summary>Adds argument and options; a command's own stand before them.</summary>
    public void AddTo(Command command)
    {
        command.Add(_output);
        command.Add(_overrides);
        command.Add(_rounding);
        command.Add(_calibrate);
        command.Add(_calibrationTokens);
        command.Add(_force);
        command.Add(_threads);
    }

    /// <summary>The file to write.</summary>
    /// <exception cref="IOException">It exists, and nothing was said about that.</exception>
    public string Output(ParseResult parsed)
    {
        var target = parsed.GetRequiredValue(_output);
        return !File.Exists(target) || parsed.GetValue(_force) ? target : throw new IOException($"{target} exists; give another name or --force");
    }

    /// <summary>The calibration text, or null.</summary>
    public string? CalibrationText(ParseResult parsed) => parsed.GetValue(_calibrate) is { } file ? File.ReadAllText(file) : null;

    /// <summary>The options; runs the model over the calibration text when there is one.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">The model's path.</param>
    /// <param name="quiet">No lines of progress.</param>
    /// <param name="cancellation">Ends the run.</param>
    public ConversionOptions Options(ParseResult parsed, string model, bool quiet, CancellationToken cancellation)
    {
        var options = new ConversionOptions
        {
            Overrides = [.. (parsed.GetValue(_overrides) ?? []).SelectMany(TypeRule.ParseList)],
            Threads = parsed.GetValue(_threads),
        };
        var name = parsed.GetValue(_rounding) ?? (parsed.GetValue(_calibrate) is null ? Searched : _calibratedRounding);
        if (CalibrationText(parsed) is not { } text)
        {
            return name == Gptq
                ? throw new ArgumentException("--rounding gptq needs --calibrate FILE: a text that the model runs over first")
                : options with { Rounding = name == Nearest ? new NearestRounding() : new SearchedRounding() };
        }

        var error = parsed.InvocationConfiguration.Error;
        var progress = new Progress<int>(tokens => error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"calibration: {tokens:N0} tokens run")));
        var statistics = ActivationCalibration.Measure(
            model, text, parsed.GetValue(_calibrationTokens), products: name == Gptq, quiet ? null : progress, cancellation);
        return options with
        {
            Importance = statistics,
            Rounding = name switch
            {
                Gptq => new GptqRounding(statistics, importance: statistics),
                Nearest => new NearestRounding(),
                _ => new SearchedRounding(statistics),
            },
        };
    }
}
