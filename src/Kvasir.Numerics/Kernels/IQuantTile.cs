namespace Kvasir.Numerics.Kernels;

/// <summary>
/// The inner kernel of quantised matmul on one path: some rows times the two panels of a panel group, for blocks
/// <c>[firstBlock, endBlock)</c> of K. Results go to <c>y + row * 32</c>, sixteen values a panel.
/// </summary>
internal unsafe interface IQuantTile
{
    /// <summary>Most rows a call.</summary>
    static abstract int MaxRows { get; }

    static abstract void Run<TFormat>(PackedPart part, int panel, ActivationBlocks x, int row, int rows, int firstBlock, int endBlock, float* y)
        where TFormat : struct, IQuantFormat;
}
