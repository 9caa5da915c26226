namespace Kvasir.Numerics.Kernels;

/// <summary>
/// The recurrence of a Mamba-2 mixer (Dao and Gu 2024, section 3), or of a Mamba mixer (Gu and Dao 2023, section 3), over neighbouring rows of
/// one sequence. Rows go one after the other, so what a row gives and leaves depends on the rows before it only, however they are cut into calls.
/// </summary>
public unsafe struct MixerCall
{
    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>What is convolved, <c>[rows, convolutionWidth]</c>: values <c>[heads, headDim]</c>, input and output vectors <c>[groups, stateSize]</c>.</summary>
    public float* Input;

    /// <summary>Elements from one row of inputs to the next.</summary>
    public int Stride;

    /// <summary>Steps before the bias, <c>[heads]</c> in each row, at <c>Steps + row * Stride</c>.</summary>
    public float* Steps;

    /// <summary>
    /// Null for Mamba-2. For Mamba the input and the output vector, <c>[2, stateSize]</c> in each row: they are not convolved, and steps,
    /// <see cref="StepBias"/>, <see cref="Skip"/> <c>[heads, headDim]</c> and <see cref="Decay"/> <c>[heads, stateSize, headDim]</c> belong to
    /// channels.
    /// </summary>
    public float* Vectors;

    /// <summary>Elements from one row of vectors to the next.</summary>
    public int VectorStride;

    /// <summary>Elements from one row of steps to the next, for Mamba.</summary>
    public int StepStride;

    public int Heads;

    public int HeadDim;

    public int Groups;

    public int StateSize;

    /// <summary>Rows that the convolution sees, its own included.</summary>
    public int Kernel;

    /// <summary><c>[kernel, convolutionWidth]</c>, the oldest row's first.</summary>
    public float* Taps;

    /// <summary><c>[convolutionWidth]</c>, or null.</summary>
    public float* TapBias;

    /// <summary><c>[heads]</c>.</summary>
    public float* StepBias;

    /// <summary>Negative rates, <c>[heads]</c>.</summary>
    public float* Decay;

    /// <summary><c>[heads]</c>.</summary>
    public float* Skip;

    public float MinStep;

    public float MaxStep;

    /// <summary>Memory for the convolved inputs, <c>[rows, convolutionWidth]</c>.</summary>
    public float* Convolved;

    /// <summary>Receives outputs, <c>[rows, heads, headDim]</c>.</summary>
    public float* Output;

    /// <summary>Inputs of the <c>kernel - 1</c> rows before, the oldest first; receives those of the last rows.</summary>
    public float* History;

    /// <summary>State before the first row, <c>[heads, stateSize, headDim]</c>; receives that behind the last.</summary>
    public float* State;

    /// <summary>After so many rows the state is copied to the next two; 0 for never.</summary>
    public int SnapshotRow;

    /// <summary>Receives the history there.</summary>
    public float* SnapshotHistory;

    /// <summary>Receives the state there.</summary>
    public float* SnapshotState;

    /// <summary>Elements of an input.</summary>
    public readonly int ConvolutionWidth => (Heads * HeadDim) + (Vectors == null ? 2 * Groups * StateSize : 0);

    /// <summary>Elements of a history.</summary>
    public readonly int HistorySize => (Kernel - 1) * ConvolutionWidth;

    /// <summary>Elements of a head's state.</summary>
    public readonly int HeadStateSize => StateSize * HeadDim;
}
