using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Kvasir.Numerics.Kernels;
using Kvasir.Numerics.Memory;

namespace Kvasir.Numerics.MachineCode;

/// <summary>
/// The functions of <see cref="VnniTileCode"/> in executable memory, written once a process: never writable and executable at once.
/// </summary>
internal sealed unsafe class VnniKernels
{
    private static readonly DataType[] Types = [DataType.Q8_0, DataType.Q4_0, DataType.Q4_1, DataType.Q5_0, DataType.Q5_1];

    private readonly VirtualRegion _memory;
    private readonly nint[] _functions = new nint[((int)Types.Max() + 1) * VnniTileCode.MaxRows * 2];

    private VnniKernels(VirtualRegion memory, List<(int Index, int Position)> functions)
    {
        _memory = memory;
        foreach (var (index, position) in functions)
            _functions[index] = (nint)(memory.Pointer + position);
    }

    /// <summary>Null where the processor has no such instructions, the calling convention is another or the system forbids it.</summary>
    public static VnniKernels? Instance { get; } = Create();

    /// <summary>Runs a tile of one to six rows.</summary>
    public void Run(in QuantTileCall call)
    {
        var layout = call.Part.Layout;
        var arguments = new VnniArguments
        {
            Weights = call.Part.Panel(call.Panel) + ((long)call.FirstBlock * layout.Bytes),
            PanelBytes = call.Part.PanelBytes,
            SpanBytes = (long)(call.EndBlock - call.FirstBlock) * layout.Bytes,
            X = call.X.Data + ((long)call.Row * call.X.Blocks) + call.FirstBlock,
            XStride = (long)call.X.Blocks * ActivationBlock.Bytes,
            Y = call.Y,
            YStride = (long)call.Stride * sizeof(float),
            Panels = call.Panels,
        };
        ((delegate* unmanaged<VnniArguments*, void>)_functions[Index(call.Part.Type, call.Rows, call.Resume)])(&arguments);
    }

    private static int Index(DataType type, int rows, bool resume) => (2 * (((int)type * VnniTileCode.MaxRows) + rows - 1)) + (resume ? 1 : 0);

    private static VnniKernels? Create()
    {
        // Bit 11 of ECX of leaf 7: AVX512_VNNI. The arguments are passed as System V has it.
        if (OperatingSystem.IsWindows() || RuntimeInformation.ProcessArchitecture != Architecture.X64 || !Avx512BW.IsSupported
            || (X86Base.CpuId(7, 0).Ecx & (1 << 11)) == 0)
            return null;
        var code = new Avx512Assembler();
        var functions = new List<(int Index, int Position)>();
        foreach (var type in Types)
        {
            for (var rows = 1; rows <= VnniTileCode.MaxRows; rows++)
            {
                functions.Add((Index(type, rows, resume: false), VnniTileCode.Write(code, type, rows, resume: false)));
                functions.Add((Index(type, rows, resume: true), VnniTileCode.Write(code, type, rows, resume: true)));
            }
        }

        var bytes = code.ToArray();
        var memory = new VirtualRegion((nuint)bytes.Length);
        memory.Commit(0, memory.Length);
        bytes.CopyTo(new Span<byte>(memory.Pointer, bytes.Length));
        if (memory.TrySealAsCode())
            return new VnniKernels(memory, functions);
        memory.Dispose();
        return null;
    }
}
