using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.Engine.Agents;

/// <summary>What was decided about a message in a prompt.</summary>
/// <param name="Placeholder">Its placeholder.</param>
/// <param name="Outcome">Whether it may borrow offsets, and why not.</param>
/// <param name="IsExact">True when the offsets of exactly this message are known here, so that nothing needs to be borrowed.</param>
/// <param name="Anchors">Anchors that are long enough.</param>
/// <param name="EntropyShare">Entropy of their weights as a share of the largest possible.</param>
/// <param name="TopWeight">The largest weight.</param>
public sealed record PlaceholderReport(string Placeholder, PredictionOutcome Outcome, bool IsExact, int Anchors, double EntropyShare, float TopWeight);
