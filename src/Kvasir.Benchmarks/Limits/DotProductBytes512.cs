using Kvasir.Numerics.MachineCode;
using Kvasir.Numerics.Memory;

namespace Kvasir.Benchmarks.Limits;

/// <summary>64 products of bytes, added to 32 bits by one instruction, in machine code: .NET 10 does not expose it at this width.</summary>
internal sealed unsafe class DotProductBytes512 : IPeakLoop
{
    private const int Sums = PeakMemory.Rows * PeakMemory.Vectors;
    private const int FirstWeights = Sums;
    private const int Activations = FirstWeights + PeakMemory.Vectors;

    private readonly Lazy<VirtualRegion?> _code = new(Write);

    public string Name => "vpdpbusd 512";

    public bool IsSupported => Avx512Code.HasVnni && _code.Value is not null;

    public long OperationsPerRound => PeakMemory.Steps * Sums * 128L;

    public void Run(byte* memory, long rounds) => ((delegate* unmanaged<byte*, long, void>)_code.Value!.Pointer)(memory, rounds);

    /// <summary>The loop of <see cref="PeakLoop{TOperation, TVector}"/>, its steps written out: arguments in rdi and rsi.</summary>
    private static VirtualRegion? Write()
    {
        var code = new Avx512Assembler();
        for (var sum = 0; sum < Sums; sum++)
            code.Zero(sum);
        var round = code.Position;
        for (var step = 0; step < PeakMemory.Steps; step++)
        {
            for (var vector = 0; vector < PeakMemory.Vectors; vector++)
                code.Load(FirstWeights + vector, new Address(Gpr.Rdi, ((step * PeakMemory.Vectors) + vector) * 64));
            for (var row = 0; row < PeakMemory.Rows; row++)
            {
                code.Broadcast(Activations, new Address(Gpr.Rdi, PeakMemory.ActivationOffset + (((step * PeakMemory.Rows) + row) * sizeof(int))));
                for (var vector = 0; vector < PeakMemory.Vectors; vector++)
                    code.DotBytes((row * PeakMemory.Vectors) + vector, FirstWeights + vector, Activations);
            }
        }

        code.LoopDown(Gpr.Rsi, round);
        for (var sum = 0; sum < Sums; sum++)
            code.Store(new Address(Gpr.Rdi, sum * 64), sum);
        code.Return();
        return VirtualRegion.TryCreateCode(code.ToArray());
    }
}
