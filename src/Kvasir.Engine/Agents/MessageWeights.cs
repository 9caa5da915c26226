using System.Collections.Concurrent;
using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.Engine.Agents;

/// <summary>What a round knows of its messages: how they compare with the anchors, and the weights of these. Each is found out once for all agents.</summary>
internal sealed class MessageWeights(AnchorView view, AnchorSettings settings, AgentCounters counters)
{
    private readonly ConcurrentDictionary<(string Placeholder, string Id), Lazy<AnchorPrediction>> _predictions = new();
    private readonly ConcurrentDictionary<(string Placeholder, string Id, string Donors), Lazy<(OffsetWeights Placeholder, OffsetWeights Segment)>> _weights = new();

    /// <summary>Compares a message with the anchors of a placeholder.</summary>
    public AnchorPrediction Predict(string placeholder, AgentMessage message) => _predictions.GetOrAdd((placeholder, message.Id), _ => new Lazy<AnchorPrediction>(() =>
    {
        var prediction = view.Predict(placeholder, message.Base);
        counters.Add(prediction);
        return prediction;
    })).Value;

    /// <summary>Weighs the anchors that have offsets for an agent: for the message, and for the segment behind it.</summary>
    public (OffsetWeights Placeholder, OffsetWeights Segment) Weigh(string placeholder, AgentMessage message, AnchorPrediction prediction, IReadOnlyList<Anchor> donors)
    {
        var names = string.Join('\n', donors.Select(donor => donor.Id));
        return _weights.GetOrAdd((placeholder, message.Id, names), _ => new Lazy<(OffsetWeights, OffsetWeights)>(() =>
        {
            if (settings.Weighting == OffsetWeighting.Fine)
            {
                FreeRows[] bases = [.. donors.Select(donor => donor.Base)];
                return (TokenWeights.Of(message.Base, bases, settings), ChannelWeights.Of(message.Base, bases, settings));
            }

            var chosen = donors.ToHashSet();
            float[] weights = [.. prediction.Anchors.Zip(prediction.Weights).Where(pair => chosen.Contains(pair.First)).Select(pair => pair.Second)];
            var sum = weights.Sum();
            for (var i = 0; i < weights.Length; i++)
                weights[i] = sum > 0 ? weights[i] / sum : 1f / weights.Length;
            var one = new AnchorWeights(weights, settings.LeastWeight);
            return (one, one);
        })).Value;
    }
}
