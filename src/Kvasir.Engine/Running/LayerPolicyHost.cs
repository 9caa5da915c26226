using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Policies;
using Kvasir.KvCache.Tables;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Running;

/// <summary>Asks the layer policies of a step and carries out what they answer.</summary>
internal sealed unsafe class LayerPolicyHost(LoadedModel model, RunnerBuffers buffers, ActiveRows active)
{
    private readonly LayerDecision _decision = new();
    private readonly List<PendingTrim> _trims = [];
    private readonly List<MassQuery> _queries = [];
    private readonly List<int> _queryRows = [];
    private AttentionMass[] _masses = [];

    private readonly record struct PendingTrim(int Sequence, int Layer, int[] KeptRows);

    /// <summary>True when a sequence of the step has a policy.</summary>
    public bool HasPolicies { get; private set; }

    public void BeginStep(StepBatch batch)
    {
        HasPolicies = false;
        foreach (ref readonly var sequence in batch.Sequences)
            HasPolicies |= sequence.Policy is not null;
        _trims.Clear();
    }

    public void AfterKeysValues(StepBatch batch, int layer) => Ask(batch, layer, afterAttention: false);

    /// <summary>Asks which attention mass is wanted in a layer; true when any is, and so the log-sum-exp is needed.</summary>
    public bool AskForMass(StepBatch batch, int layer)
    {
        _queries.Clear();
        _queryRows.Clear();
        var sequences = batch.Sequences;
        for (var i = 0; i < sequences.Length; i++)
        {
            var (first, count) = active.Part(i);
            if (count > 0)
                sequences[i].Policy?.AskMass(layer, active.Positions.Slice(first, count), _queries);
            while (_queryRows.Count < _queries.Count)
                _queryRows.Add(first);
        }

        return _queries.Count > 0;
    }

    /// <summary>Has the queries of <see cref="AskForMass"/> that want mass by KV head answered along with attention.</summary>
    public void AttachMasses(ref AttentionBatch attention)
    {
        if (_masses.Length < _queries.Count)
            _masses = GC.AllocateUninitializedArray<AttentionMass>(2 * _queries.Count, pinned: true);
        attention.Masses = (AttentionMass*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_masses));
        for (var i = 0; i < _queries.Count; i++)
        {
            if (_queries[i].HeadColumnMass.Length == 0)
                continue;
            attention.Masses[attention.MassCount++] = new AttentionMass
            {
                FirstRow = _queryRows[i],
                RowCount = _queries[i].RowCount,
                ColumnCount = _queries[i].ColumnCount,
                Sums = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_queries[i].HeadColumnMass)),
                Open = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_queries[i].OpenMass)),
            };
        }
    }

    /// <summary>Answers the queries of <see cref="AskForMass"/>.</summary>
    public void Observe(in AttentionBatch attention)
    {
        for (var i = 0; i < _queries.Count; i++)
        {
            var query = _queries[i];
            var started = Stopwatch.GetTimestamp();
            fixed (float* columns = query.ColumnMass, ranges = query.RangeMass, weights = query.Weights)
            fixed (long* starts = query.RangeStarts, ends = query.RangeEnds)
            fixed (int* heads = query.Heads)
            fixed (ulong* looked = query.Looked)
            {
                var probe = new AttentionProbe
                {
                    FirstRow = _queryRows[i] + query.FirstRow,
                    RowCount = query.RowCount,
                    Heads = heads,
                    HeadCount = query.Heads.Length,
                    FirstColumn = query.FirstColumn,
                    ColumnCount = query.ColumnCount,
                    ColumnMass = query.ColumnCount > 0 ? columns : null,
                    Weights = query.WantsWeights ? weights : null,
                    Looked = query.LookThreshold > 0 ? looked : null,
                    LookThreshold = query.LookThreshold,
                    RangeCount = query.RangeCount,
                    RangeStarts = starts,
                    RangeEnds = ends,
                    RangeMass = query.RangeCount > 0 ? ranges : null,
                };
                model.Backend.ObserveAttention(attention, probe);
            }

            query.Time += Stopwatch.GetElapsedTime(started);
        }
    }

    public void AfterAttention(StepBatch batch, int layer) => Ask(batch, layer, afterAttention: true);

    /// <summary>Carries out the trims: they take effect between steps.</summary>
    public void EndStep(StepBatch batch)
    {
        foreach (var trim in _trims)
            ((RaggedTable)batch.Sequences[trim.Sequence].Table).Trim(trim.Layer, trim.KeptRows);
        _trims.Clear();
    }

    /// <summary>Moves the activations of the kept rows to the front.</summary>
    public void Gather(ReadOnlySpan<int> kept, bool withQkv, bool withAttention)
    {
        var backend = model.Backend;
        backend.GatherRows(buffers.Hidden, kept, model.Config.HiddenSize, buffers.HiddenSpare);
        buffers.SwapHidden();
        if (withQkv)
        {
            backend.GatherRows(buffers.Qkv, kept, buffers.QkvWidth, buffers.QkvSpare);
            buffers.SwapQkv();
        }

        if (withAttention)
        {
            backend.GatherRows(buffers.Attention, kept, buffers.QueryWidth, buffers.AttentionSpare);
            buffers.SwapAttention();
        }
    }

    private void Ask(StepBatch batch, int layer, bool afterAttention)
    {
        var sequences = batch.Sequences;
        var selects = false;
        active.BeginSelection();
        for (var i = 0; i < sequences.Length; i++)
        {
            _decision.Reset();
            if (sequences[i].Policy is { } policy && active.Part(i).Count > 0)
            {
                var context = Context(sequences[i], active.Part(i), layer, afterAttention);
                if (afterAttention)
                    policy.AfterAttention(context, _decision);
                else
                    policy.AfterKeysValues(context, _decision);
                Patch(sequences[i].Table, layer, policy.Name);
                if (_decision.Trims)
                    RecordTrim(i, layer, sequences[i].Table, policy.Name);
            }

            if (_decision.SelectsRows)
            {
                selects = true;
                active.Keep(i, _decision.Rows, sequences[i].Policy!.Name);
            }
            else
            {
                active.KeepAll(i);
            }
        }

        if (selects)
            Gather(active.EndSelection(), withQkv: !afterAttention, withAttention: afterAttention);
    }

    private LayerContext Context(in BatchSequence sequence, (int First, int Count) part, int layer, bool afterAttention)
    {
        var floats = ((part.Count - 1) * buffers.QkvWidth) + buffers.KeyWidth;
        var keys = buffers.Qkv + ((long)part.First * buffers.QkvWidth) + buffers.QueryWidth;
        return new LayerContext
        {
            Layer = layer,
            Layers = model.Config.Layers,
            PromptLength = sequence.PromptLength,
            Length = sequence.Table.Length,
            StoredRows = sequence.Table.Rows(layer),
            Positions = active.Positions.Slice(part.First, part.Count),
            Queries = afterAttention ? [] : new ReadOnlySpan<float>(keys - buffers.QueryWidth, ((part.Count - 1) * buffers.QkvWidth) + buffers.QueryWidth),
            Keys = afterAttention ? [] : new ReadOnlySpan<float>(keys, floats),
            Values = afterAttention ? [] : new ReadOnlySpan<float>(keys + buffers.KeyWidth, floats),
            AttentionOutput = afterAttention
                ? new ReadOnlySpan<float>(buffers.Attention + ((long)part.First * buffers.QueryWidth), part.Count * buffers.QueryWidth)
                : [],
            Stride = buffers.QkvWidth,
        };
    }

    private void Patch(IKvTable table, int layer, string policy)
    {
        foreach (var (row, key, value) in _decision.Patches)
        {
            if ((uint)row >= (uint)table.Rows(layer) || key.Length != buffers.KeyWidth || value.Length != buffers.KeyWidth)
            {
                throw new InvalidOperationException(
                    $"layer policy {policy} patches row {row} of {table.Rows(layer)} with {key.Length} and {value.Length} values; {buffers.KeyWidth} are needed");
            }

            var target = table.RowTarget(layer, row);
            fixed (float* keys = key, values = value)
                model.Backend.WriteKv(keys, values, buffers.KeyWidth, MemoryMarshal.CreateReadOnlySpan(ref target, 1), model.Layout);
        }
    }

    private void RecordTrim(int sequence, int layer, IKvTable table, string policy)
    {
        if (table is not RaggedTable)
            throw new InvalidOperationException($"layer policy {policy} trims rows, but its sequence's table is uniform");
        _trims.Add(new PendingTrim(sequence, layer, [.. _decision.KeptRows]));
    }
}
