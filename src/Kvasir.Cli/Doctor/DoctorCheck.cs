namespace Kvasir.Cli.Doctor;

/// <summary>A check that waits for nothing.</summary>
internal abstract class DoctorCheck(string area, string name) : IDoctorCheck
{
    public string Area => area;

    public Task<IReadOnlyList<Finding>> RunAsync(DoctorContext context, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<Finding>>([.. Look(context)]);

    protected abstract IEnumerable<Finding> Look(DoctorContext context);

    protected Finding Ok(string found) => new(name, FindingLevel.Ok, found);

    protected Finding Note(string found, string? advice = null) => new(name, FindingLevel.Note, found, advice);

    protected Finding Warning(string found, string advice) => new(name, FindingLevel.Warning, found, advice);

    protected Finding Problem(string found, string advice) => new(name, FindingLevel.Problem, found, advice);
}
