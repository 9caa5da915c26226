namespace Kvasir.Cli.Doctor;

/// <summary>How much a finding matters.</summary>
internal enum FindingLevel
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Worth knowing; nothing needs to be done.</summary>
    Note,

    /// <summary>It will run, but slower, or with a risk.</summary>
    Warning,

    /// <summary>It will not run.</summary>
    Problem,
}
