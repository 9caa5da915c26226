namespace Kvasir.Benchmarks.ScBench.Workloads;

/// <summary>How the tasks are worded.</summary>
public enum ScForm
{
    /// <summary>Short keys, values and names, in the wording that the bundled model was trained on.</summary>
    Small,

    /// <summary>As published: UUIDs, strings of 20 to 60 characters, large numbers.</summary>
    Full,
}
