using Kvasir.Engine.Loading;
using Kvasir.Engine.Running;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;

namespace Kvasir.Engine.Embeddings;

/// <summary>
/// Whole texts through an encoder, several in one step. Each sees itself only, with its own tiles from row 0 on, so that its rows have the
/// same bits whatever lies beside it. Used by one thread.
/// </summary>
internal sealed class EncoderRun : IDisposable
{
    private readonly BlockPool _pool;
    private readonly BlockReservation _reservation;
    private readonly ModelRunner _runner;
    private readonly UniformTable[] _tables;
    private readonly int[] _positions;
    private readonly int _layers;
    private readonly RowOutput _output;
    private int _texts;

    /// <param name="model">An encoder; stays the caller's.</param>
    /// <param name="maxRows">Most tokens of a step.</param>
    /// <param name="maxTexts">Most texts of a step.</param>
    /// <param name="output">What rows give.</param>
    public EncoderRun(LoadedModel model, int maxRows, int maxTexts, RowOutput output)
    {
        _layers = model.Config.Layers;
        _output = output;

        // Every text but one may leave most of a block empty.
        var blocks = ((maxRows + model.Layout.BlockRows - 1) / model.Layout.BlockRows) + maxTexts;
        _pool = new BlockPool(model.Layout, new BlockPoolOptions { CapacityBlocks = blocks });
        if (!_pool.TryReserve(blocks, out var reservation))
            throw new InvalidOperationException($"a pool of {blocks} blocks did not reserve them");
        _reservation = reservation!;
        _runner = new ModelRunner(model, maxRows, maxTexts, output == RowOutput.Logits ? maxRows : 0);
        _positions = [.. Enumerable.Range(0, maxRows)];
        _tables = [.. Enumerable.Range(0, maxTexts).Select(_ => new UniformTable(_pool))];
        foreach (var table in _tables)
            table.EnsureListCapacity(maxRows);
    }

    /// <summary>Most tokens of a step.</summary>
    public int MaxRows => _positions.Length;

    /// <summary>Texts that were added.</summary>
    public int Texts => _texts;

    /// <summary>Whether a text of so many tokens still fits into the step.</summary>
    public bool HasRoom(int tokens) => _texts < _tables.Length && _runner.Batch.RowCount + tokens <= MaxRows;

    /// <summary>Adds a text; <see cref="HasRoom"/> must have said that it fits.</summary>
    /// <param name="tokens">All its tokens.</param>
    /// <param name="types">Their kinds; empty when all are of the first kind.</param>
    /// <returns>Index of its first row among the step's.</returns>
    public int Add(ReadOnlySpan<int> tokens, ReadOnlySpan<int> types = default)
    {
        var table = _tables[_texts++];
        table.Extend(tokens.Length, _reservation);
        return _runner.Batch.Add(
            tokens, _positions.AsSpan(0, tokens.Length), 0, _layers, tokens.Length, table, policy: null, adapter: null, _output, types: types);
    }

    /// <summary>Computes the rows of all texts.</summary>
    public void Run() => _runner.Run();

    /// <summary>What a row gave, hidden states <c>[hidden]</c> or logits <c>[vocabulary]</c>; valid until the next run.</summary>
    public ReadOnlySpan<float> Row(int row) => _output == RowOutput.Logits ? _runner.Logits(row) : _runner.Hidden(row);

    /// <summary>Makes the step empty.</summary>
    public void Clear()
    {
        for (var i = 0; i < _texts; i++)
            _tables[i].Truncate(0);
        _texts = 0;
        _reservation.TryGrow(_pool.AvailableBlocks);
        _runner.Batch.Clear();
    }

    public void Dispose()
    {
        foreach (var table in _tables)
            table.Dispose();
        _reservation.Dispose();
        _runner.Dispose();
        _pool.Dispose();
    }
}
