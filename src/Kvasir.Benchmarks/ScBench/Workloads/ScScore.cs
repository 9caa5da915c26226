namespace Kvasir.Benchmarks.ScBench.Workloads;

/// <summary>What a turn's answer is judged by; all scores lie in [0, 1].</summary>
internal enum ScScore
{
    /// <summary>1 when an accepted text is part of the answer.</summary>
    Substring,

    /// <summary>The same with both in upper case.</summary>
    SubstringUpper,

    /// <summary>Share of the accepted names that are in the answer, whatever their case.</summary>
    NameShare,

    /// <summary>1 when the function in the answer is the asked one: nearest of all, and near enough.</summary>
    Function,

    /// <summary>F1 over characters without punctuation.</summary>
    CharacterF1,

    /// <summary>The letter of an option, A to D.</summary>
    Letter,

    /// <summary>The first number of the answer.</summary>
    Number,

    /// <summary>The label as a whole, not single characters of it.</summary>
    Option,

    /// <summary>ROUGE-Lsum.</summary>
    Summary,
}
