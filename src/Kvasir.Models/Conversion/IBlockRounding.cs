namespace Kvasir.Models;

/// <summary>A way of putting weights on the grids of the block types.</summary>
public interface IBlockRounding
{
    /// <summary>The name that users choose it by.</summary>
    string Name { get; }

    /// <summary>Prepares for one matrix; the result is used by several threads at once, for different rows.</summary>
    /// <param name="role">The matrix's role; <see cref="WeightRole.Output"/> for a tied embedding.</param>
    /// <param name="layer">-1 for matrices of no layer.</param>
    /// <param name="columns">K.</param>
    IRowRounding ForMatrix(WeightRole role, int layer, int columns);
}
