namespace Kvasir.Cli.Doctor.Files;

/// <summary>Reads every weight and names the models by it, when asked to.</summary>
internal sealed class FingerprintCheck() : DoctorCheck("files", "fingerprint")
{
    protected override IEnumerable<Finding> Look(DoctorContext context)
    {
        foreach (var model in context.Models)
        {
            if (model.File is not null && context.Targets.Full)
                yield return Ok($"{model.Path}: {model.File.Fingerprint}");
        }
    }
}
