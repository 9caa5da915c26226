namespace Kvasir.Benchmarks.Limits;

/// <summary>What a <see cref="IPeakLoop"/> works on: a tile of two vectors of weights by four activations, over 32 steps of k.</summary>
internal static class PeakMemory
{
    /// <summary>Steps of k in a round.</summary>
    public const int Steps = 32;

    /// <summary>Vectors of weights in a step.</summary>
    public const int Vectors = 2;

    /// <summary>Rows of activations that a step's weights meet.</summary>
    public const int Rows = 4;

    /// <summary>Where activations start: behind the weights of all steps, at the widest vector.</summary>
    public const int ActivationOffset = Steps * Vectors * 64;

    /// <summary>All of it, far less than a first-level cache.</summary>
    public const int Bytes = ActivationOffset + (Steps * Rows * sizeof(int));
}
