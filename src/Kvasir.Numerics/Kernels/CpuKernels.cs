using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Kernels;

/// <summary>The kernels of one path. Everything works on parts of a job, so that the caller decides how it is spread over threads.</summary>
internal abstract unsafe class CpuKernels
{
    public static CpuKernels Create(InstructionSet path) => path switch
    {
        InstructionSet.Avx512Vnni => new SpecializedKernels<Lanes512, QuantTileVnni>(),
        InstructionSet.Avx512 => new SpecializedKernels<Lanes512, UnpackedTile<BlockDot512>>(),
        InstructionSet.AvxVnni => new SpecializedKernels<Lanes256, UnpackedTile<BlockDot256<VnniDot>>>(),
        InstructionSet.Avx2 => new SpecializedKernels<Lanes256, UnpackedTile<BlockDot256<Avx2Dot>>>(),
        _ => new SpecializedKernels<Lanes128, UnpackedTile<BlockDot128>>(),
    };

    /// <summary>Memory for the inputs of quantised products, in the form that they read.</summary>
    public abstract ActivationBlocks CreateActivations();

    /// <summary>Cuts the rows of a matrix product into chunks.</summary>
    public abstract void Plan(ref MatMulCall call);

    /// <summary>
    /// Items <c>[first, end)</c> of y = x · Wᵀ for K in <c>[FirstK, EndK)</c> (whole blocks when quantised): item i is panel
    /// <c>i % Panels</c> of chunk <c>i / Panels</c>.
    /// </summary>
    public abstract void MatMul(in MatMulCall call, int first, int end);

    public abstract void RmsNorm(float* x, int width, float* weight, float epsilon, float* y);

    public abstract void LayerNorm(float* x, int width, float* weight, float* bias, float epsilon, float* y);

    public abstract void Add(float* x, float* y, long count);

    public abstract void Scale(float* x, long count, float factor);

    public abstract void AddScaled(float* x, long count, float factor, float* y);

    public abstract void SoftCap(float* x, long count, float cap);

    public abstract void Activate(Activation activation, float* x, float* up, int width, float* y);

    public abstract void SiluGate(float* gate, float* up, int width, float* y);

    public abstract void Convolve(in MixerCall call, int firstRow, int endRow);

    public abstract void Scan(in MixerCall call, int firstHead, int endHead);

    public abstract void Remember(in MixerCall call);

    public abstract void Rope(float* x, float* cosSin, int half);

    public abstract void Attend(in AttentionBatch batch, in RowBlock block, int head, AttentionScratch scratch, int tileShift);

    public abstract void AttendWithMass(
        in AttentionBatch batch, in RowBlock block, int head, AttentionScratch scratch, in KeptTiles kept, float* columns);

    public abstract void AttendSplit(
        in AttentionBatch batch, in RowBlock block, int head, long split, AttentionScratch scratch, float* partial);

    public abstract void MergeSplits(
        in AttentionBatch batch, in RowBlock block, int head, float* partials, int count, AttentionScratch scratch);

    public abstract void Observe(
        in AttentionBatch batch, in AttentionProbe probe, in RowBlock block, int head, AttentionScratch scratch, float* columns, float* ranges);

    public abstract void Survey(
        in AttentionBatch batch, in RowBlock block, int head, AttentionScratch scratch, int length, float* scores, int stride, float* columns, float* diagonals);

    public abstract void AverageHeads(float* sums, long stride, int kvHeads, int queryHeads, long count, float* result, bool accumulate);
}

/// <summary>A matrix multiplication with one part of a packed matrix.</summary>
internal unsafe struct MatMulCall
{
    public PackedPart Part;

    /// <summary>Inputs <c>[rows, K]</c>, for float weights.</summary>
    public float* X;

    /// <summary>Quantised inputs, for quantised weights.</summary>
    public ActivationBlocks Blocks;

    public int Rows;

    /// <summary>Results: row r of the part's outputs at <c>Y + r * Stride + Part.FirstColumn</c>.</summary>
    public float* Y;

    public int Stride;

    public int FirstK;

    public int EndK;

    /// <summary>Chunks of rows; see <see cref="CpuKernels.Plan"/>.</summary>
    public int Chunks;

    /// <summary>The rows of a chunk.</summary>
    public readonly (int First, int End) ChunkRows(int chunk) =>
        ((int)((long)Rows * chunk / Chunks), (int)((long)Rows * (chunk + 1) / Chunks));

    /// <summary>Where the result of a row's panel goes.</summary>
    public readonly float* Result(int row, int panel) =>
        Y + ((long)row * Stride) + Part.FirstColumn + (panel * PackedPart.PanelColumns);
}
