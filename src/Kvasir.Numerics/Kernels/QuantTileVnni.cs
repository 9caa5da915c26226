using Kvasir.Numerics.MachineCode;

namespace Kvasir.Numerics.Kernels;

/// <summary>AVX-512 VNNI, by machine code (<see cref="VnniTileCode"/>).</summary>
internal readonly struct QuantTileVnni : IQuantTile
{
    public static int MaxRows => VnniTileCode.MaxRows;

    public static bool UsesWords => false;

    public static void Run(in QuantTileCall call) => Avx512Code.Instance!.Run(call);
}
