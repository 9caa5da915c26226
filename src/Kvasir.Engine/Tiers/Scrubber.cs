using Kvasir.Engine.Loading;
using Kvasir.Engine.Running;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;

namespace Kvasir.Engine.Tiers;

/// <summary>
/// Verifies, while nobody waits, the rows of loads that were not in the sample. Rows that have left the pool meanwhile are of no
/// interest; rows that prove false are forgotten with all that was found beside them, and so are the objects that they came from.
/// </summary>
internal sealed class Scrubber : IDisposable
{
    /// <summary>Rows a step: not many more than a step of decoding takes, because a request may come.</summary>
    private const int StepRows = 16;

    private readonly LoadedModel _model;
    private readonly BlockPool _pool;
    private readonly PrefixIndex _index;
    private readonly ModelRunner _runner;
    private readonly SequenceTiers _tiers;
    private readonly VerificationScratch _scratch;

    public Scrubber(LoadedModel model, BlockPool pool, PrefixIndex index, ModelRunner runner, SequenceTiers tiers)
    {
        _model = model;
        _pool = pool;
        _index = index;
        _runner = runner;
        _tiers = tiers;
        _scratch = new VerificationScratch(pool.Layout, Math.Min(StepRows, runner.Batch.MaxRows));
    }

    /// <summary>Verifies some rows; false when there is nothing to verify.</summary>
    public bool Step()
    {
        if (_tiers.Unscrubbed.First is not { } item)
            return false;
        using var table = new UniformTable(_pool);
        using (var match = _index.Peek(item.Scope, item.Tokens))
            table.AttachPrefix(match);
        var rows = Math.Min(_scratch.Rows, table.Length - item.Next);
        if (rows <= 0)
        {
            _tiers.Unscrubbed.RemoveFirst();
            return true;
        }

        if (IsTrue(item, table, rows))
        {
            _tiers.Unscrubbed.ReplaceFirst(item with { Next = item.Next + rows });
            return true;
        }

        _tiers.Unscrubbed.RemoveFirst();
        _tiers.Counters.ScrubFaults++;
        _tiers.Counters.LastError = $"a row loaded from a tier, one of {item.Next} to {item.Next + rows - 1}, is not what the model computes from the rows before it";
        _index.Clear(item.Scope);
        foreach (var key in item.Keys)
            _tiers.Tiers.Remove(key);
        return true;
    }

    public void Dispose() => _scratch.Dispose();

    private bool IsTrue(ScrubItem item, UniformTable table, int rows)
    {
        var positions = new int[rows];
        for (var i = 0; i < rows; i++)
            positions[i] = item.Next + i;
        using var verification = new VerificationTable(_pool, table, _scratch, positions, _model.Config.Layers);
        _runner.Batch.Clear();
        _runner.Batch.Add(item.Tokens, positions, rows, _model.Config.Layers, item.Tokens.Length, verification, policy: null, adapter: null);
        _runner.Run();
        _tiers.Counters.ScrubbedRows += rows;
        return verification.FirstDifference() < 0;
    }
}
