namespace Kvasir.Engine.Agents;

/// <summary>What was decided about a prompt.</summary>
/// <param name="Given">The rows that are predicted; null when the prompt is computed.</param>
/// <param name="NewAnchors">Parts whose messages become anchors when it is.</param>
/// <param name="Reports">By message.</param>
internal sealed record ReuseDecision(PredictedRows? Given, IReadOnlyList<int> NewAnchors, IReadOnlyList<PlaceholderReport> Reports);
