using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Kvasir.Numerics.Kernels;
using Kvasir.Numerics.Memory;

namespace Kvasir.Numerics.MachineCode;

/// <summary>
/// The functions of machine code in executable memory, written once a process: never writable and executable at once.
/// </summary>
internal sealed unsafe class Avx512Code
{
    private readonly VirtualRegion _memory;
    private readonly nint[] _functions = new nint[Index(QuantForm.All.Max(form => form.Type) + 1, 1, resume: false)];

    private readonly nint _widenHalves;

    private Avx512Code(VirtualRegion memory, int widenHalves, List<(int Index, int Position)> functions)
    {
        _memory = memory;
        _widenHalves = (nint)(memory.Pointer + widenHalves);
        foreach (var (index, position) in functions)
            _functions[index] = (nint)(memory.Pointer + position);
    }

    /// <summary>Null where the processor has no such instructions, the calling convention is another or the system forbids it.</summary>
    public static Avx512Code? Instance { get; } = Create();

    /// <summary>True when the processor has the byte dot products that <see cref="Run"/> needs.</summary>
    public static bool HasVnni => Instance is not null && (X86Base.CpuId(7, 0).Ecx & (1 << 11)) != 0;

    /// <summary>Widens <paramref name="count"/> binary16 values, a multiple of 16.</summary>
    public void WidenHalves(ushort* from, float* to, int count)
    {
        if (count > 0)
            ((delegate* unmanaged[SuppressGCTransition]<ushort*, ushort*, float*, void>)_widenHalves)(from, from + count, to);
    }

    /// <summary>Runs a tile of one to six rows.</summary>
    public void Run(in QuantTileCall call)
    {
        var form = call.Part.Form;
        var arguments = new VnniArguments
        {
            Weights = call.Part.Panel(call.Panel) + form.HeaderOffset(call.FirstBlock),
            PanelBytes = call.Part.PanelBytes,
            SpanBytes = form.PanelBytes(call.EndBlock - call.FirstBlock),
            X = call.X.Data + ((long)call.Row * call.X.Blocks) + call.FirstBlock,
            XStride = (long)call.X.Blocks * ActivationBlock.Bytes,
            Y = call.Y,
            YStride = (long)call.Stride * sizeof(float),
            Panels = call.Panels,
            Ahead = call.Panel + call.Panels < call.Part.Panels ? call.Part.PanelBytes : 0,
        };
        if (form.Table is { } table)
            (arguments.TableLow, arguments.TableHigh) = (BitConverter.ToUInt64(table), BitConverter.ToUInt64(table, 8));
        ((delegate* unmanaged<VnniArguments*, void>)_functions[Index(call.Part.Type, call.Rows, call.Resume)])(&arguments);
    }

    private static int Index(DataType type, int rows, bool resume) => (2 * (((int)type * VnniTileCode.MaxRows) + rows - 1)) + (resume ? 1 : 0);

    private static Avx512Code? Create()
    {
        // Arguments are passed as System V has it.
        if (OperatingSystem.IsWindows() || RuntimeInformation.ProcessArchitecture != Architecture.X64 || !Avx512BW.IsSupported)
            return null;
        var code = new Avx512Assembler();
        var widenHalves = WidenCode.Write(code);
        var functions = new List<(int Index, int Position)>();
        foreach (var form in QuantForm.All)
        {
            for (var rows = 1; rows <= VnniTileCode.MaxRows; rows++)
            {
                functions.Add((Index(form.Type, rows, resume: false), VnniTileCode.Write(code, form, rows, resume: false)));
                functions.Add((Index(form.Type, rows, resume: true), VnniTileCode.Write(code, form, rows, resume: true)));
            }
        }

        return VirtualRegion.TryCreateCode(code.ToArray()) is { } memory ? new Avx512Code(memory, widenHalves, functions) : null;
    }
}
