using Kvasir.Numerics;
using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Kernels;
using Kvasir.Numerics.Workers;

namespace Kvasir.Compute;

/// <summary>
/// The operations that a forward pass is made of. Pointers are addresses of the backend's own memory
/// (<see cref="Allocate"/>); activations are binary32, row-major and contiguous unless a stride is given.
/// </summary>
/// <remarks>
/// Every operation keeps the numerics contract: the result of a row depends on that row's inputs and on the
/// <see cref="ContractVersion"/>, never on the other rows of the call, on the number of workers or on the instruction set.
/// A backend is used by one thread at a time; only <see cref="Allocate"/> and <see cref="Pack"/> may be called beside it.
/// </remarks>
public unsafe interface IComputeBackend : IDisposable
{
    /// <summary>Short name for messages and receipts, e.g. <c>cpu</c>.</summary>
    string Name { get; }

    /// <summary>Names everything about this backend that changes bits; part of the numerics profile.</summary>
    string ContractVersion { get; }

    /// <summary>Allocates zeroed memory, 64-byte aligned. The caller disposes it.</summary>
    NativeBuffer Allocate(nuint bytes);

    /// <summary>Packs weights for <see cref="MatMul"/>. Several sources are stacked along N (fused QKV, gate and up).</summary>
    /// <exception cref="ArgumentException">The sources differ in K, or K does not fit the data type.</exception>
    PackedMatrix Pack(ReadOnlySpan<MatrixSource> sources);

    /// <summary>y[rows, N] = x[rows, K] · Wᵀ.</summary>
    void MatMul(float* x, int rows, PackedMatrix weights, float* y);

    /// <summary>Decodes rows of an embedding matrix: y[i] = table[tokens[i]], <c>[n, columns]</c>.</summary>
    void Embed(in MatrixSource table, ReadOnlySpan<int> tokens, float* y);

    /// <summary>y = x / sqrt(mean(x²) + epsilon) * weight, per row.</summary>
    void RmsNorm(float* x, int rows, int width, float* weight, float epsilon, float* y);

    /// <summary>Norms of parts of rows; see <see cref="NormCall"/>.</summary>
    void Norm(in NormCall call);

    /// <summary>x *= factor.</summary>
    void Scale(float* x, long count, float factor);

    /// <summary>x = cap * tanh(x / cap).</summary>
    void SoftCap(float* x, long count, float cap);

    /// <summary>y += factor * x.</summary>
    void AddScaled(float* x, long count, float factor, float* y);

    /// <summary>
    /// y[r, i] = f(x[r, i]), where x is <c>[rows, width]</c>; or f(x[r, i]) * x[r, width + i], where it is <c>[rows, 2 * width]</c> and
    /// <paramref name="gated"/> is set.
    /// </summary>
    void Activate(Activation activation, bool gated, float* x, int rows, int width, float* y);

    /// <summary>Takes rows of one sequence through a recurrent mixer; see <see cref="MixerCall"/>.</summary>
    void Mix(in MixerCall call);

    /// <summary>The first half of <see cref="Mix"/>: fills <see cref="MixerCall.Convolved"/>.</summary>
    void Convolve(in MixerCall call);

    /// <summary>The second half: output, state and history.</summary>
    void Scan(in MixerCall call);

    /// <summary>y[r, i] = x[r, i] for i in <c>[0, width)</c>; rows begin <paramref name="xStride"/> and <paramref name="yStride"/> elements apart.</summary>
    void CopyColumns(float* x, int xStride, int rows, int width, float* y, int yStride);

    /// <summary>x += y, <c>[rows * width]</c> elements.</summary>
    void Add(float* x, float* y, long count);

    /// <summary>x[r] += bias for every row.</summary>
    void AddBias(float* x, int rows, int width, float* bias);

    /// <summary>y[r, i] = silu(gateUp[r, i]) * gateUp[r, width + i]; gateUp is <c>[rows, 2 * width]</c>.</summary>
    void SiluGate(float* gateUp, int rows, int width, float* y);

    /// <summary>Rotates <paramref name="heads"/> heads of every row in place (half-split pairs), at the row's position.</summary>
    void Rope(float* x, int rows, int stride, int heads, int headDim, RopeTable table, ReadOnlySpan<int> positions);

    /// <summary>
    /// Stores keys and values of <c>rows.Length</c> rows: row r's keys at <c>keys + r * stride</c> (<c>[kvHeads, headDim]</c>), its
    /// values at <c>values + r * stride</c>. A row whose slice is null is not stored.
    /// </summary>
    void WriteKv(float* keys, float* values, int stride, ReadOnlySpan<KvWriteRow> rows, KvLayout layout);

    /// <summary>Attention over segments; see <see cref="AttentionBatch"/>.</summary>
    void Attend(in AttentionBatch batch);

    /// <summary>
    /// Measures where the weight of rows of an attention call went, after <see cref="Attend"/> has filled
    /// <see cref="AttentionBatch.LogSumExp"/>; costs about as much as that call's scores.
    /// </summary>
    /// <exception cref="ArgumentException">There is no log-sum-exp, or the rows are not the call's or of several views.</exception>
    void ObserveAttention(in AttentionBatch batch, in AttentionProbe probe);

    /// <summary>Sums the weights of a call's rows along columns and diagonals, in one pass over the keys and without the call's output.</summary>
    /// <exception cref="ArgumentException">The rows are of several views, or behind the survey's length.</exception>
    void SurveyAttention(in AttentionBatch batch, in AttentionSurvey survey);

    /// <summary>Spreads a job of the caller's over the threads of this machine; returns when it is done.</summary>
    void Spread<TJob>(ref TJob job, int items)
        where TJob : struct, IParallelJob;

    /// <summary>
    /// Copies <paramref name="count"/> rows of one layer's slice between slots, decoding nothing: stored bytes move as they are.
    /// </summary>
    void CopyKvRows(byte* fromSlice, int fromSlot, byte* toSlice, int toSlot, int count, KvLayout layout);

    /// <summary>y[i] = x[rows[i]].</summary>
    void GatherRows(float* x, ReadOnlySpan<int> rows, int width, float* y);

    /// <summary>y[rows[i]] = x[i].</summary>
    void ScatterRows(float* x, ReadOnlySpan<int> rows, int width, float* y);

    /// <summary>y[rows[i], c] += x[i, c]; x is <c>[rows, width]</c>, row r of y begins at <c>y + r * stride</c>.</summary>
    void AddToRows(float* x, ReadOnlySpan<int> rows, int width, float* y, int stride);
}
