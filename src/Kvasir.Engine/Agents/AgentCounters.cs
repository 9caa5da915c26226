using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.Engine.Agents;

/// <summary>Counts what a team does; from any thread.</summary>
internal sealed class AgentCounters
{
    private readonly Lock _gate = new();
    private (long Dense, long Reused) _calls;
    private long _doubted;
    private (long Prompt, long Predicted) _tokens;
    private (long Count, double Entropy, double Top) _predictions;
    private TimeSpan _preparation;
    private TimeSpan _correction;

    public void Add(AgentAnswer answer)
    {
        lock (_gate)
        {
            _calls = answer.Reused ? (_calls.Dense, _calls.Reused + 1) : (_calls.Dense + 1, _calls.Reused);
            _doubted += answer.Doubted ? 1 : 0;
            _tokens = (_tokens.Prompt + answer.Answer.Statistics.PromptTokens, _tokens.Predicted + answer.PredictedTokens);
            _preparation += answer.PreparationTime;
            _correction += answer.CorrectionTime;
        }
    }

    public void Add(AnchorPrediction prediction)
    {
        if (prediction.Anchors.Count < 2)
            return;
        lock (_gate)
            _predictions = (_predictions.Count + 1, _predictions.Entropy + prediction.EntropyShare, _predictions.Top + prediction.TopWeight);
    }

    public AgentStatistics Read(AnchorPools? pools)
    {
        lock (_gate)
        {
            return new AgentStatistics(
                pools?.Count ?? 0,
                pools?.Bytes ?? 0,
                pools?.Evicted ?? 0,
                _calls.Dense,
                _calls.Reused,
                _doubted,
                _tokens.Prompt,
                _tokens.Predicted,
                _predictions.Count == 0 ? 0 : _predictions.Entropy / _predictions.Count,
                _predictions.Count == 0 ? 0 : _predictions.Top / _predictions.Count,
                _preparation,
                _correction);
        }
    }
}
