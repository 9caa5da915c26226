using System.Runtime.InteropServices;
using Kvasir.Engine;
using Kvasir.Engine.Adapters;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Verification;
using Kvasir.Models;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Fuzzing;

/// <summary>Computes sequences cold and alone, on one thread and the best path, and compares bits.</summary>
internal sealed class ColdComparison : IDisposable
{
    private readonly LoadedModel _model;
    private readonly ColdRun _run;
    private readonly Dictionary<string, LoadedAdapter> _adapters = [];
    private readonly int _maxTokens;
    private LoneRun? _alone;

    public ColdComparison(string modelPath, KvDataType kvType, int blockRows, int maxTokens)
    {
        _model = LoadedModel.Open(
            modelPath,
            new EngineOptions { KvType = kvType, BlockRows = blockRows, Threads = 1, InstructionSet = InstructionSets.Best });
        _run = new ColdRun(_model, maxTokens);
        _maxTokens = maxTokens;
    }

    /// <summary>Compares all rows of a record with a cold run of the same tokens.</summary>
    public void Compare(SequenceRecord record, string name, FuzzTally tally)
    {
        if (record.IsThinned)
            CompareAlone(record, name, tally);
        if (!record.IsExact)
            return;
        var tokens = record.Sequence.Tokens.ToArray();
        var expected = new Dictionary<int, float[]>();
        foreach (var (position, _) in record.Logits)
            expected[position] = [];
        _run.Reset();
        _run.Adapter = record.Sequence.Adapter is { } used ? Adapter(used.Path) : null;
        _run.Extend(tokens, (position, logits) =>
        {
            if (expected.ContainsKey(position))
                expected[position] = logits.ToArray();
        });
        foreach (var (position, logits) in record.Logits)
        {
            tally.RowsCompared++;
            if (!SameBits(expected[position], logits))
                tally.Mismatch($"{name}: logits of position {position} of {tokens.Length} (prompt {record.Sequence.PromptLength}, choice {record.Sequence.Choice}) differ");
        }

        var rowBytes = _model.Layout.Layers * KvRows.RowBytes(_model.Layout);
        foreach (var image in record.KeysValues)
        {
            var rows = image.Length / rowBytes;
            var cold = SequenceRecord.Image(_run.Table, rows, _model.Layout);
            for (var row = 0; row < rows; row++)
            {
                tally.RowsCompared++;
                if (!image.AsSpan(row * rowBytes, rowBytes).SequenceEqual(cold.AsSpan(row * rowBytes, rowBytes)))
                    tally.Mismatch($"{name}: keys or values of position {row} of {rows} (prompt {record.Sequence.PromptLength}, choice {record.Sequence.Choice}) differ");
            }
        }
    }

    public void Dispose()
    {
        _alone?.Dispose();
        _run.Dispose();
        foreach (var adapter in _adapters.Values)
            adapter.Release();
        _model.Dispose();
    }

    private void CompareAlone(SequenceRecord record, string name, FuzzTally tally)
    {
        if (record.Logits.Count == 0)
            return;
        _alone ??= new LoneRun(_model, _maxTokens);
        var expected = _alone.Run(record.Sequence);
        foreach (var (position, logits) in record.Logits)
        {
            tally.RowsCompared++;
            tally.CompressedRows++;
            if (!expected.TryGetValue(position, out var lone) || !SameBits(lone, logits))
                tally.Mismatch($"{name}: logits of position {position} of {record.Sequence.Length} (prompt {record.Sequence.PromptLength}, choice {record.Sequence.Choice}, {Describe(record)}) are not those of the request alone");
        }
    }

    private static string Describe(SequenceRecord record)
    {
        var request = record.Sequence.Request;
        if (request.Reading is { } reading)
            return $"{reading.Policy.Name}:{reading.Rows} at {reading.Point ?? record.Sequence.PromptLength}";
        var compression = request.Compression!;
        return $"{compression.Policy.Name}:{compression.Rows} at {compression.Point ?? record.Sequence.PromptLength}";
    }

    /// <summary>The same file, read and packed anew.</summary>
    private LoadedAdapter Adapter(string path)
    {
        if (!_adapters.TryGetValue(path, out var adapter))
        {
            adapter = LoadedAdapter.Pack(Path.GetFileName(path), AdapterFile.Open(path, _model.Config), 1, _model);
            _adapters.Add(path, adapter);
        }

        return adapter;
    }

    private static bool SameBits(float[] a, float[] b) =>
        MemoryMarshal.AsBytes(a.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(b.AsSpan()));
}
