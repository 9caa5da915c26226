using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>The twelve tasks.</summary>
internal static class ScTasks
{
    private static readonly Func<ScForm, IScTask>[] Known =
    [
        form => new KvTask(form),
        form => new PrefixSuffixTask(form),
        form => new MultiHopTask(form),
        form => new RepoQaTask(form),
        _ => new EnglishQaTask(),
        _ => new ChineseQaTask(),
        _ => new MultiChoiceTask(),
        form => new MathFindTask(form),
        form => new ManyShotTask(form),
        _ => new SummaryTask(),
        form => new SummaryNeedleTask(form),
        form => new RepoKvTask(form),
    ];

    /// <summary>Names, in the order of the paper's table.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Select(make => make(ScForm.Small).Name)];

    /// <summary>The tasks of a form.</summary>
    public static IReadOnlyList<IScTask> Of(ScForm form) => [.. Known.Select(make => make(form))];
}
