namespace Kvasir.Benchmarks.ScBench.Workloads;

/// <summary>A task: it makes sessions, and it can solve them from the text alone, which proves that the labels are right and unique.</summary>
internal interface IScTask
{
    /// <summary>Its name, e.g. <c>kv</c>.</summary>
    string Name { get; }

    /// <summary>What it tests: string, semantic, global or mixed.</summary>
    string Capability { get; }

    /// <summary>
    /// Least score of the first turn with the full cache from which a ranking of methods means anything: 0.95 where answers are right or
    /// wrong, 0.5 where they are graded.
    /// </summary>
    /// <param name="part">The half of a mixed task; empty in the others.</param>
    double Bar(string part);

    /// <summary>Smallest size of a session.</summary>
    int LeastSize { get; }

    /// <summary>Makes a session; the same random numbers and size give the same one.</summary>
    /// <param name="draws">Where everything random comes from.</param>
    /// <param name="size">How much context: pairs, strings, sentences, functions, documents, numbers or examples.</param>
    ScSession Create(ScDraws draws, int size);

    /// <summary>Answers a question from the context, without knowing how it was made.</summary>
    /// <exception cref="InvalidDataException">The context has no answer or more than one.</exception>
    string Solve(string context, string question);
}
