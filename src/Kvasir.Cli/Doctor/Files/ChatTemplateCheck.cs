using Kvasir.Cli.Output;
using Kvasir.Models;

namespace Kvasir.Cli.Doctor.Files;

/// <summary>Whether a conversation can be put into the models' own form.</summary>
internal sealed class ChatTemplateCheck() : DoctorCheck("files", "chat template")
{
    protected override IEnumerable<Finding> Look(DoctorContext context) =>
        context.Models.Where(model => model.File is not null).Select(model => Look(model.Path, model.File!));

    private Finding Look(string path, ModelFile file)
    {
        if (file.ChatTemplate is not { } template)
            return Note($"{path} has none", "conversations cannot be answered, only plain text continued");
        try
        {
            var text = template.Render([new ChatMessage("user", "Who are you?")], addGenerationPrompt: true);
            return text.Contains("Who are you?", StringComparison.Ordinal)
                ? Ok("shows a conversation")
                : Warning("leaves the user's words out", "take the template of the model's first release");
        }
        catch (ChatTemplateException exception)
        {
            return Warning(ErrorReport.FirstLine(exception.Message), "conversations cannot be answered; replace the template or report it");
        }
    }
}
