namespace Kvasir.Models;

/// <summary>
/// A recurrent mixer as data: Mamba-2 (Dao and Gu 2024), whose steps and decays belong to heads, or Mamba (Gu and Dao 2023), where each channel
/// and each element of its state has its own; its heads are then only how channels are shared out.
/// </summary>
public sealed record RecurrentConfig
{
    /// <summary>Heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Dimensions of a head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Groups of heads that share input and output vectors.</summary>
    public required int Groups { get; init; }

    /// <summary>Width of those vectors: the state of one head dimension.</summary>
    public required int StateSize { get; init; }

    /// <summary>Tokens that the convolution sees, its own included.</summary>
    public required int Kernel { get; init; }

    /// <summary>Epsilon of the gated norm.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>Least step.</summary>
    public float MinStep { get; init; }

    /// <summary>Largest step.</summary>
    public float MaxStep { get; init; } = float.PositiveInfinity;

    /// <summary>The convolution has a bias.</summary>
    public bool KernelBias { get; init; }

    /// <summary>The input and output projections have biases.</summary>
    public bool Bias { get; init; }

    /// <summary>Rank of the projection that a Mamba mixer's steps come from; 0 for Mamba-2.</summary>
    public int StepRank { get; init; }

    /// <summary>What a Mamba mixer's steps come from, and its input and output vectors, are normed (Jamba).</summary>
    public bool VectorNorms { get; init; }

    /// <summary>Heads times dimensions.</summary>
    public int Width => Heads * HeadDim;

    /// <summary>What goes through the convolution: values, in Mamba-2 also input and output vectors.</summary>
    public int ConvolutionWidth => StepRank > 0 ? Width : Width + (2 * Groups * StateSize);

    /// <summary>Outputs of the input projection: gate, what is convolved, steps; in Mamba values and gate.</summary>
    public int InputWidth => StepRank > 0 ? 2 * Width : Width + ConvolutionWidth + Heads;

    /// <summary>What a Mamba mixer projects its convolved values to: what steps come from, input and output vector.</summary>
    public int VectorWidth => StepRank + (2 * StateSize);
}
