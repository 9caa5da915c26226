using Kvasir.Engine.Adapters;
using Kvasir.Engine.Loading;
using Kvasir.Numerics;

namespace Kvasir.Engine.Running;

/// <summary>
/// Adds the low-rank products of a step's adapters to the rows of their sequences: <c>y[row] += B (A x[row])</c>. The rows of one adapter
/// share their matrix multiplications; all other rows are left alone.
/// </summary>
/// <remarks>
/// A and B hold floats and are multiplied by the backend's one kernel, from the activations as they are, never quantised: a row's product
/// depends on that row and its adapter only (numerics contract, rule 1). Memory is taken when the first adapter comes, and grows with the
/// ranks.
/// </remarks>
internal sealed unsafe class AdapterProducts(LoadedModel model, ActiveRows active, int maxRows) : IDisposable
{
    private readonly List<LoadedAdapter> _adapters = [];
    private readonly int[] _rows = new int[maxRows];
    private readonly int[] _partRows = new int[maxRows];
    private NativeBuffer? _inputs;
    private NativeBuffer? _products;
    private NativeBuffer? _low;
    private NativeBuffer? _lowPart;

    /// <summary>True when a sequence of the step has an adapter.</summary>
    public bool Any => _adapters.Count > 0;

    /// <summary>Finds the step's adapters.</summary>
    public void BeginStep(StepBatch batch)
    {
        _adapters.Clear();
        int ranks = 0, rank = 0;
        foreach (ref readonly var sequence in batch.Sequences)
        {
            if (sequence.Adapter is not { } adapter || _adapters.Contains(adapter))
                continue;
            _adapters.Add(adapter);
            ranks = Math.Max(ranks, adapter.FusedRanks);
            rank = Math.Max(rank, adapter.Rank);
        }

        if (rank > 0)
            Reserve(ranks, rank);
    }

    /// <summary>Adds what the adapters bring to one fused matrix.</summary>
    /// <param name="batch">The step.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="matrix">The matrix.</param>
    /// <param name="x">Its inputs, a row for each active row.</param>
    /// <param name="y">Its outputs: those of active row r at <c>y + r * stride</c>.</param>
    /// <param name="stride">Floats from one row of outputs to the next.</param>
    public void Add(StepBatch batch, int layer, FusedMatrix matrix, float* x, float* y, int stride)
    {
        var backend = model.Backend;
        foreach (var adapter in _adapters)
        {
            if (adapter.Find(layer, matrix) is not { } update)
                continue;
            var rows = CollectRows(batch, adapter);
            if (rows.Length == 0)
                continue;
            var inputs = x + ((long)rows[0] * update.A.K);
            if (rows[^1] - rows[0] + 1 != rows.Length)
            {
                inputs = (float*)_inputs!.Pointer;
                backend.GatherRows(x, rows, update.A.K, inputs);
            }

            var low = (float*)_low!.Pointer;
            backend.MatMul(inputs, rows.Length, update.A, low);
            for (var part = 0; part < update.Parts.Count; part++)
                AddPart(update, part, low, rows, y, stride);
        }
    }

    public void Dispose()
    {
        _inputs?.Dispose();
        _products?.Dispose();
        _low?.Dispose();
        _lowPart?.Dispose();
    }

    private void AddPart(LowRankUpdate update, int part, float* low, ReadOnlySpan<int> rows, float* y, int stride)
    {
        var backend = model.Backend;
        var (b, firstColumn) = update.Parts[part];
        var parts = update.Parts.Count;
        var inputs = low + ((long)part * update.Rank);
        if (rows.Length > 1 && parts > 1)
        {
            // Read as rows of one rank, every so many of them belong to this part.
            for (var i = 0; i < rows.Length; i++)
                _partRows[i] = (i * parts) + part;
            inputs = (float*)_lowPart!.Pointer;
            backend.GatherRows(low, _partRows.AsSpan(0, rows.Length), update.Rank, inputs);
        }

        var products = (float*)_products!.Pointer;
        backend.MatMul(inputs, rows.Length, b, products);
        backend.AddToRows(products, rows, b.N, y + firstColumn, stride);
    }

    /// <summary>The adapter's active rows, ascending.</summary>
    private ReadOnlySpan<int> CollectRows(StepBatch batch, LoadedAdapter adapter)
    {
        var sequences = batch.Sequences;
        var count = 0;
        for (var i = 0; i < sequences.Length; i++)
        {
            if (sequences[i].Adapter != adapter)
                continue;
            var (first, rows) = active.Part(i);
            for (var row = 0; row < rows; row++)
                _rows[count++] = first + row;
        }

        return _rows.AsSpan(0, count);
    }

    private void Reserve(int ranks, int rank)
    {
        var config = model.Config;
        var width = Math.Max(Math.Max(config.HiddenSize, config.QueryHeads * config.HeadDim), config.IntermediateSize);
        _inputs ??= Floats(width);
        _products ??= Floats(width);
        Grow(ref _low, ranks);
        Grow(ref _lowPart, rank);

        void Grow(ref NativeBuffer? buffer, int columns)
        {
            if (buffer is not null && buffer.Length >= Bytes(columns))
                return;
            buffer?.Dispose();
            buffer = Floats(columns);
        }

        NativeBuffer Floats(int columns) => model.Backend.Allocate(Bytes(columns));

        nuint Bytes(int columns) => (nuint)maxRows * (nuint)columns * sizeof(float);
    }
}
