using System.Runtime.CompilerServices;

namespace Kvasir.Benchmarks.Limits;

/// <summary>
/// The tile of a matrix kernel: eight sums wait in registers while two vectors of weights and four broadcast activations are read per step.
/// </summary>
internal sealed unsafe class PeakLoop<TOperation, TVector> : IPeakLoop
    where TOperation : struct, IPeakOperation<TVector>
    where TVector : unmanaged
{
    public string Name => TOperation.Name;

    public bool IsSupported => TOperation.IsSupported;

    public long OperationsPerRound => PeakMemory.Steps * PeakMemory.Vectors * PeakMemory.Rows * (long)TOperation.Operations;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(byte* memory, long rounds)
    {
        TVector s00 = default, s01 = default, s10 = default, s11 = default;
        TVector s20 = default, s21 = default, s30 = default, s31 = default;
        for (var round = 0L; round < rounds; round++)
        {
            var weights = memory;
            var activations = (int*)(memory + PeakMemory.ActivationOffset);
            for (var step = 0; step < PeakMemory.Steps; step++)
            {
                var w0 = TOperation.Load(weights);
                var w1 = TOperation.Load(weights + sizeof(TVector));
                var a = TOperation.Broadcast(activations);
                s00 = TOperation.MultiplyAdd(s00, w0, a);
                s01 = TOperation.MultiplyAdd(s01, w1, a);
                a = TOperation.Broadcast(activations + 1);
                s10 = TOperation.MultiplyAdd(s10, w0, a);
                s11 = TOperation.MultiplyAdd(s11, w1, a);
                a = TOperation.Broadcast(activations + 2);
                s20 = TOperation.MultiplyAdd(s20, w0, a);
                s21 = TOperation.MultiplyAdd(s21, w1, a);
                a = TOperation.Broadcast(activations + 3);
                s30 = TOperation.MultiplyAdd(s30, w0, a);
                s31 = TOperation.MultiplyAdd(s31, w1, a);
                weights += PeakMemory.Vectors * sizeof(TVector);
                activations += PeakMemory.Rows;
            }
        }

        // Stored so that nothing above can be left out.
        var sums = (TVector*)memory;
        Unsafe.WriteUnaligned(sums, s00);
        Unsafe.WriteUnaligned(sums + 1, s01);
        Unsafe.WriteUnaligned(sums + 2, s10);
        Unsafe.WriteUnaligned(sums + 3, s11);
        Unsafe.WriteUnaligned(sums + 4, s20);
        Unsafe.WriteUnaligned(sums + 5, s21);
        Unsafe.WriteUnaligned(sums + 6, s30);
        Unsafe.WriteUnaligned(sums + 7, s31);
    }
}
