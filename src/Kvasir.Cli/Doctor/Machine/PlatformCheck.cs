namespace Kvasir.Cli.Doctor.Machine;

/// <summary>The operating system and the runtime.</summary>
internal sealed class PlatformCheck() : DoctorCheck("machine", "system")
{
    protected override IEnumerable<Finding> Look(DoctorContext context)
    {
        var machine = context.Machine;
        var found = $"{machine.System}; {machine.Runtime}";
        yield return machine.Is64Bit
            ? Ok(found)
            : Problem($"{found}, a 32-bit process", "use a 64-bit build: models are mapped into memory");
    }
}
