using Kvasir.Engine.Adapters;
using Kvasir.Engine.Policies;
using Kvasir.Engine.Reading;
using Kvasir.Engine.Recurrent;
using Kvasir.KvCache.Tables;
using Kvasir.KvCache.Tiers.Moves;

namespace Kvasir.Engine.Running;

/// <summary>The rows of one step: any subset of positions of any sequences. Reused from step to step; allocates when it grows only.</summary>
internal sealed class StepBatch(int maxRows, int maxSequences, int maxLogitRows)
{
    private readonly BatchSequence[] _sequences = new BatchSequence[maxSequences];
    private readonly int[] _tokens = new int[maxRows];
    private readonly int[] _positions = new int[maxRows];
    private readonly int[] _types = new int[maxRows];
    private readonly int[] _logitRows = new int[maxLogitRows];
    private readonly int[] _hiddenRows = new int[maxRows];
    private int _sequenceCount;
    private int _rowCount;
    private int _logitCount;
    private int _hiddenCount;

    public int MaxRows => maxRows;

    public int MaxSequences => maxSequences;

    public int MaxLogitRows => maxLogitRows;

    public int RowCount => _rowCount;

    public Span<BatchSequence> Sequences => _sequences.AsSpan(0, _sequenceCount);

    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, _rowCount);

    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, _rowCount);

    /// <summary>The rows' kinds of tokens; an encoder's only.</summary>
    public ReadOnlySpan<int> TokenTypes => _types.AsSpan(0, _rowCount);

    /// <summary>Rows whose logits are wanted, ascending.</summary>
    public ReadOnlySpan<int> LogitRows => _logitRows.AsSpan(0, _logitCount);

    /// <summary>Rows whose hidden states are wanted, ascending.</summary>
    public ReadOnlySpan<int> HiddenRows => _hiddenRows.AsSpan(0, _hiddenCount);

    public void Clear()
    {
        Sequences.Clear();
        _sequenceCount = 0;
        _rowCount = 0;
        _logitCount = 0;
        _hiddenCount = 0;
    }

    /// <summary>Adds a sequence's rows: the tokens at <paramref name="positions"/>, which its table has room for.</summary>
    /// <param name="tokens">All tokens of the sequence.</param>
    /// <param name="positions">Ascending positions.</param>
    /// <param name="outputsFrom">Rows from this index on give <paramref name="output"/>; <c>positions.Length</c> for none.</param>
    /// <param name="layerEnd">The rows pass layers <c>[0, layerEnd)</c>.</param>
    /// <param name="promptLength">Tokens of its prompt.</param>
    /// <param name="table">Its KV table.</param>
    /// <param name="policy">Its layer policy, or null.</param>
    /// <param name="adapter">Its adapter, or null.</param>
    /// <param name="output">What its rows give.</param>
    /// <param name="load">Rows of its table that are still coming, or null.</param>
    /// <param name="state">Its recurrent state, or null.</param>
    /// <param name="reading">How few of its rows are read, or null for all.</param>
    /// <param name="types">Kinds of all its tokens; empty when they are all of the first kind.</param>
    /// <returns>Index of the first output among those of its kind.</returns>
    public int Add(
        ReadOnlySpan<int> tokens,
        ReadOnlySpan<int> positions,
        int outputsFrom,
        int layerEnd,
        int promptLength,
        IKvTable table,
        ILayerPolicy? policy,
        LoadedAdapter? adapter,
        RowOutput output = RowOutput.Logits,
        TierLoad? load = null,
        RecurrentState? state = null,
        ReadingSession? reading = null,
        ReadOnlySpan<int> types = default)
    {
        _sequences[_sequenceCount++] = new BatchSequence
        {
            Table = table,
            Policy = policy,
            Adapter = adapter,
            FirstRow = _rowCount,
            RowCount = positions.Length,
            PromptLength = promptLength,
            LayerEnd = layerEnd,
            Load = load,
            State = state,
            Reading = reading,
        };
        var logits = output == RowOutput.Logits;
        var first = logits ? _logitCount : _hiddenCount;
        for (var i = 0; i < positions.Length; i++)
        {
            if (i >= outputsFrom && logits)
                _logitRows[_logitCount++] = _rowCount;
            else if (i >= outputsFrom)
                _hiddenRows[_hiddenCount++] = _rowCount;
            _tokens[_rowCount] = tokens[positions[i]];
            _positions[_rowCount] = positions[i];
            _types[_rowCount] = types.IsEmpty ? 0 : types[positions[i]];
            _rowCount++;
        }

        return first;
    }
}
