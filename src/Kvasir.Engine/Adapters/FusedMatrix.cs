namespace Kvasir.Engine.Adapters;

/// <summary>The matrices of a layer as they are multiplied: several weights that share an input are one.</summary>
internal enum FusedMatrix
{
    /// <summary>Queries, keys and values, side by side.</summary>
    QueryKeyValue,

    /// <summary>The attention's output projection.</summary>
    AttentionOutput,

    /// <summary>Gate and up projections, side by side.</summary>
    GateUp,

    /// <summary>The down projection.</summary>
    Down,
}
