namespace Kvasir.Cli.Doctor.Machine;

/// <summary>Transparent huge pages: fewer address translations when weights are read.</summary>
internal sealed class HugePagesCheck() : DoctorCheck("machine", "huge pages")
{
    private const string Setting = "/sys/kernel/mm/transparent_hugepage/enabled";

    protected override IEnumerable<Finding> Look(DoctorContext context)
    {
        // The chosen value stands in brackets: always [madvise] never.
        var text = context.Machine.Files.Read(Setting);
        var chosen = text?.Split(' ').FirstOrDefault(word => word.StartsWith('['))?.Trim('[', ']');
        yield return chosen switch
        {
            "always" => Ok("transparent huge pages: always"),
            null => Ok("the system does not say; not needed"),
            _ => Note($"transparent huge pages: {chosen}", $"large models may run a little faster with: echo always > {Setting}"),
        };
    }
}
