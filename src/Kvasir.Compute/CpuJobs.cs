using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Kernels;
using Kvasir.Numerics.Workers;

namespace Kvasir.Compute;

internal readonly struct MatMulJob(CpuKernels kernels, MatMulCall call) : IParallelJob
{
    public void Execute(int worker, int start, int end) => kernels.MatMul(call, start, end);
}

internal readonly unsafe struct QuantizeJob(ActivationBlocks blocks, float* x, int width) : IParallelJob
{
    public void Execute(int worker, int start, int end)
    {
        for (var row = start; row < end; row++)
            blocks.Quantize(x + ((long)row * width), row);
    }
}

internal readonly unsafe struct NormJob(CpuKernels kernels, float* x, int width, float* weight, float epsilon, float* y) : IParallelJob
{
    public void Execute(int worker, int start, int end)
    {
        for (var row = start; row < end; row++)
            kernels.RmsNorm(x + ((long)row * width), width, weight, epsilon, y + ((long)row * width));
    }
}

internal readonly unsafe struct PartNormJob(CpuKernels kernels, NormCall call) : IParallelJob
{
    public void Execute(int worker, int start, int end)
    {
        for (var row = start; row < end; row++)
        {
            for (var part = 0; part < call.Parts; part++)
            {
                var x = call.X + ((long)row * call.Stride) + (part * call.Width);
                var y = call.Y + ((long)row * call.YStride) + (part * call.Width);
                var weight = call.Weight + (part * call.WeightStride);
                if (call.Kind == NormKind.Rms && call.Bias == null)
                    kernels.RmsNorm(x, call.Width, weight, call.Epsilon, y);
                else if (call.Kind == NormKind.Layer)
                    kernels.LayerNorm(x, call.Width, weight, call.Bias == null ? null : call.Bias + (part * call.WeightStride), call.Epsilon, y);
                else
                    throw new ArgumentException("an RMS norm has no bias");
            }
        }
    }
}

internal readonly unsafe struct ActivateJob(CpuKernels kernels, Activation activation, bool gated, float* x, int width, float* y) : IParallelJob
{
    public void Execute(int worker, int start, int end)
    {
        var stride = gated ? 2L * width : width;
        for (var row = start; row < end; row++)
        {
            var values = x + (row * stride);
            kernels.Activate(activation, values, gated ? values + width : null, width, y + ((long)row * width));
        }
    }
}

internal readonly struct ConvolveJob(CpuKernels kernels, MixerCall call) : IParallelJob
{
    public void Execute(int worker, int start, int end) => kernels.Convolve(call, start, end);
}

internal readonly struct ScanJob(CpuKernels kernels, MixerCall call) : IParallelJob
{
    public void Execute(int worker, int start, int end) => kernels.Scan(call, start, end);
}

internal readonly unsafe struct SiluJob(CpuKernels kernels, float* gateUp, int width, float* y) : IParallelJob
{
    public void Execute(int worker, int start, int end)
    {
        for (var row = start; row < end; row++)
        {
            var gate = gateUp + ((long)row * 2 * width);
            kernels.SiluGate(gate, gate + width, width, y + ((long)row * width));
        }
    }
}

internal readonly unsafe struct RopeJob(CpuKernels kernels, float* x, int stride, int heads, int headDim, RopeTable table, int* positions) : IParallelJob
{
    public void Execute(int worker, int start, int end)
    {
        for (var row = start; row < end; row++)
        {
            var cosSin = table.At(positions[row]);
            for (var head = 0; head < heads; head++)
                kernels.Rope(x + ((long)row * stride) + (head * headDim), cosSin, table.Half);
        }
    }
}

internal readonly unsafe struct WriteKvJob(float* keys, float* values, int stride, KvWriteRow* rows, KvLayout layout) : IParallelJob
{
    public void Execute(int worker, int start, int end)
    {
        for (var row = start; row < end; row++)
            KvWriter.Write(keys + ((long)row * stride), values + ((long)row * stride), rows[row], layout);
    }
}

internal readonly struct AttentionJob(
    CpuKernels kernels, AttentionBatch batch, RowBlock[] blocks, int items, int parts, AttentionScratch[] scratch, int tileShift) : IParallelJob
{
    public void Execute(int worker, int start, int end)
    {
        // Later rows see more, so every part takes items from all over the range.
        for (var part = start; part < end; part++)
        {
            for (var item = part; item < items; item += parts)
                kernels.Attend(batch, blocks[item / batch.Layout.KvHeads], item % batch.Layout.KvHeads, scratch[worker], tileShift);
        }
    }
}
