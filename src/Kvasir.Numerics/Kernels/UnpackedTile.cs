namespace Kvasir.Numerics.Kernels;

/// <summary>
/// The inner kernel of the paths without machine code: a block is unpacked once and then met by every row. The rows' chains wait in the
/// result from block to block.
/// </summary>
internal readonly unsafe struct UnpackedTile<TDot> : IQuantTile
    where TDot : struct, IBlockDot
{
    public static int MaxRows => 32;

    public static bool UsesWords => TDot.UsesWords;

    public static void Run(in QuantTileCall call)
    {
        var memory = stackalloc byte[UnpackedBlock.Bytes];
        var block = (UnpackedBlock*)(((nint)memory + 63) & ~63);
        var form = call.Part.Form;
        for (var p = 0; p < call.Panels; p++)
        {
            var panel = call.Part.Panel(call.Panel + p);
            var chains = call.Y + (p * PackedPart.PanelColumns);
            for (var row = 0; row < call.Rows && !call.Resume; row++)
                new Span<float>(chains + ((long)row * call.Stride), PackedPart.PanelColumns).Clear();
            for (var b = call.FirstBlock; b < call.EndBlock; b++)
            {
                UnpackedBlock.Unpack(form, panel, b, block);
                TDot.Run(form, block, call.X, call.Row, call.Rows, b, chains, call.Stride);
            }
        }
    }
}

/// <summary>A path's products of an unpacked block with rows of activations.</summary>
internal unsafe interface IBlockDot
{
    /// <summary>True when 8-bit weights meet <see cref="ActivationBlocks.Words"/>.</summary>
    static abstract bool UsesWords { get; }

    /// <summary>
    /// Adds the block's link to the chains of rows <c>[row, row + rows)</c>; row r's 32 chains begin at <c>chains + r * stride</c>.
    /// </summary>
    static abstract void Run(QuantForm form, UnpackedBlock* weights, ActivationBlocks x, int row, int rows, int block, float* chains, int stride);
}
