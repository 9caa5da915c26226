using Kvasir.Numerics;

namespace Kvasir.Compute;

/// <summary>How the CPU backend is set up.</summary>
public sealed record CpuBackendOptions
{
    /// <summary>Threads, the caller included.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Forces a path of the kernels; the best one when null.</summary>
    public InstructionSet? InstructionSet { get; init; }

    internal KernelFault Fault { get; init; }
}
