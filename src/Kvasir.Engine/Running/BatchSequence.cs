using Kvasir.Engine.Adapters;
using Kvasir.Engine.Policies;
using Kvasir.Engine.Reading;
using Kvasir.Engine.Recurrent;
using Kvasir.KvCache.Tables;
using Kvasir.KvCache.Tiers.Moves;

namespace Kvasir.Engine.Running;

/// <summary>One sequence's part of a step.</summary>
internal struct BatchSequence
{
    /// <summary>Where its keys and values go, and where attention reads them.</summary>
    public IKvTable Table;

    /// <summary>Its layer policy, or null.</summary>
    public ILayerPolicy? Policy;

    /// <summary>How few of its rows are read, or null for all.</summary>
    public ReadingSession? Reading;

    /// <summary>Its adapter, or null for the bare model.</summary>
    public LoadedAdapter? Adapter;

    /// <summary>Its recurrent state behind the rows before its first in the batch; null in models without recurrent layers.</summary>
    public RecurrentState? State;

    /// <summary>Rows of its table that are still coming, layer by layer; null when all are there.</summary>
    public TierLoad? Load;

    /// <summary>Its first row in the batch.</summary>
    public int FirstRow;

    /// <summary>Its rows in the batch, adjacent and ascending in position.</summary>
    public int RowCount;

    /// <summary>Tokens of its prompt.</summary>
    public int PromptLength;

    /// <summary>Its rows pass layers <c>[0, LayerEnd)</c>.</summary>
    public int LayerEnd;

    /// <summary>Its recurrent state, which must be behind all rows before a position.</summary>
    /// <exception cref="InvalidOperationException">There is none, or it is behind other rows.</exception>
    public readonly RecurrentState StateBefore(int position)
    {
        var state = State ?? throw new InvalidOperationException("a sequence of a recurrent model came without a state");
        return state.Position == position
            ? state
            : throw new InvalidOperationException($"the recurrent state is behind {state.Position} rows, but the step goes on from {position}");
    }
}
