namespace Kvasir.Cli.Doctor;

/// <summary>Looks at one thing that must be right before a model is served.</summary>
internal interface IDoctorCheck
{
    /// <summary>The part of the report: machine, files, network or gpu.</summary>
    string Area { get; }

    /// <summary>Looks. What is not there or cannot be read is a finding, never an exception.</summary>
    Task<IReadOnlyList<Finding>> RunAsync(DoctorContext context, CancellationToken cancellation);
}
