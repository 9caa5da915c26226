namespace Kvasir.Benchmarks.Limits;

/// <summary>A loop that does what the inside of a matrix kernel does, on data that stays in the first-level cache, and nothing else.</summary>
internal unsafe interface IPeakLoop
{
    /// <summary>The instruction that counts, and its width.</summary>
    string Name { get; }

    /// <summary>Whether this machine can run it.</summary>
    bool IsSupported { get; }

    /// <summary>Operations of a round; a multiplication and its addition are two.</summary>
    long OperationsPerRound { get; }

    /// <summary>Runs it.</summary>
    /// <param name="memory"><see cref="PeakMemory.Bytes"/> bytes, 64-byte aligned: first weights, then activations. Read and, at the end, written.</param>
    /// <param name="rounds">How many rounds.</param>
    void Run(byte* memory, long rounds);
}
