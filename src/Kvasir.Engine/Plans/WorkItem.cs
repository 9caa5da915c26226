namespace Kvasir.Engine.Plans;

/// <summary>Part of a forward plan that one step carries out: a row set and a layer range.</summary>
/// <param name="Rows">Number of positions, as written to the caller's buffer; any ascending subset of the sequence.</param>
/// <param name="LayerEnd">The rows pass layers <c>[0, LayerEnd)</c>.</param>
public readonly record struct WorkItem(int Rows, int LayerEnd);
