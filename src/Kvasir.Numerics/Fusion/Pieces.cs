using Kvasir.Numerics.Workers;

namespace Kvasir.Numerics.Fusion;

/// <summary>A kernel cut into parts of rows, which threads share.</summary>
internal struct Pieces<TKernel>(TKernel kernel, Extent extent, InstructionSet path) : IParallelJob
    where TKernel : unmanaged, IKernel
{
    /// <summary>Columns that a thread takes at a time: a multiple of the lanes, so that parts have no tails of their own.</summary>
    private const long Width = 16384;

    private readonly long _columns = (extent.Width + Width - 1) / Width;
    private TKernel _kernel = kernel;

    public readonly int Count => checked((int)(_columns * extent.Height * extent.Planes));

    public void Execute(int worker, int start, int end)
    {
        while (start < end)
        {
            var (row, column) = Math.DivRem(start, _columns);
            var (z, y) = Math.DivRem((int)row, extent.Height);

            // Whole rows of a plane are done together.
            var rows = _columns == 1 ? Math.Min(end - start, extent.Height - y) : 1;
            var left = column * Width;
            Launch.On(ref _kernel, new(left, Math.Min(left + Width, extent.Width), y, y + rows, z, z + 1), path);
            start += rows;
        }
    }
}
