using System.Globalization;
using Kvasir.Cli.Output;
using Kvasir.Models;

namespace Kvasir.Cli.Doctor.Files;

/// <summary>Whether the models open, are of a kind that is run, and have the context asked for.</summary>
internal sealed class ModelCheck() : DoctorCheck("files", "model")
{
    protected override IEnumerable<Finding> Look(DoctorContext context)
    {
        if (context.Models.Count == 0)
            yield return Problem(context.Targets.NoModel ?? "no model was named", "name one with --model: a GGUF file or a Hugging Face folder");
        foreach (var model in context.Models)
            yield return model.File is { } file ? Opened(model.Path, file, context.Targets.Engine.MaxContext) : Failed(model.Error!);
    }

    private Finding Opened(string path, ModelFile file, int? wanted)
    {
        var config = file.Config;
        var found = string.Create(
            CultureInfo.InvariantCulture,
            $"{path}: {config.Architecture}, {config.Layers} layers, {Screen.Size(ModelMatrices.Bytes(file))} of weights, a context of {config.MaxContext:N0} tokens");
        return wanted > config.MaxContext
            ? Problem(found, $"--max-context {wanted} is more than the model was made for; give {config.MaxContext} or less")
            : Ok(found);
    }

    private Finding Failed(Exception error) => Problem(
        ErrorReport.FirstLine(error.Message),
        error switch
        {
            UnsupportedModelException => "take a model of a kind that is supported (docs/models.md)",
            ModelFormatException => "the file is damaged or incomplete: copy or download it again and compare its size and checksum",
            UnauthorizedAccessException => "let the user that runs kvasir read it",
            _ => "check the path, and that the user that runs kvasir may read it",
        });
}
