namespace Kvasir.Engine.Policies;

/// <summary>
/// Decides, layer by layer, which rows of one sequence go on, which stored rows are trimmed, and which are patched. Eviction,
/// merging and selective recompute are policies of this kind; they see a snapshot and answer, and never reach into the engine.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>A policy instance belongs to one sequence and may keep state.</item>
/// <item>Decisions must depend on absolute positions and values only, never on how the prompt was cut into chunks: a policy that
/// acts at certain lengths returns them from <see cref="NextSelectionPoint"/>, and no step crosses one (numerics contract,
/// rule 4).</item>
/// <item>Rows that do not go on keep what was written for them up to this layer and have no rows in the layers above.</item>
/// <item>Patches take effect at once, trims at the end of the step. The last row of a prompt must go on: it gives the logits.</item>
/// </list>
/// </remarks>
public interface ILayerPolicy
{
    /// <summary>The published name, for messages and receipts.</summary>
    string Name { get; }

    /// <summary>
    /// False when a prefix hit would falsify what the policy looks at (it must see every row computed); the engine then computes the
    /// whole prompt.
    /// </summary>
    bool AllowsPrefixReuse { get; }

    /// <summary>The smallest length above <paramref name="length"/> at which a step must end, or <see cref="int.MaxValue"/>.</summary>
    int NextSelectionPoint(int length) => int.MaxValue;

    /// <summary>Asks for attention mass, to be there when <see cref="AfterAttention"/> is called for the same layer and rows.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="positions">Positions of the rows of this step that are going on, ascending.</param>
    /// <param name="queries">Receives what is asked for.</param>
    void AskMass(int layer, ReadOnlySpan<int> positions, List<MassQuery> queries)
    {
    }

    /// <summary>Called when the keys and values of a layer are known and stored, before attention.</summary>
    void AfterKeysValues(in LayerContext context, LayerDecision decision);

    /// <summary>Called after the attention of a layer, before its feed-forward part.</summary>
    void AfterAttention(in LayerContext context, LayerDecision decision);
}
