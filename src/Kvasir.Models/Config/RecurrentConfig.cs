namespace Kvasir.Models;

/// <summary>A Mamba-2 mixer as data (Dao and Gu 2024).</summary>
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

    /// <summary>Heads times dimensions.</summary>
    public int Width => Heads * HeadDim;

    /// <summary>What goes through the convolution: values, input and output vectors.</summary>
    public int ConvolutionWidth => Width + (2 * Groups * StateSize);

    /// <summary>Outputs of the input projection: gate, what is convolved, steps.</summary>
    public int InputWidth => Width + ConvolutionWidth + Heads;
}
