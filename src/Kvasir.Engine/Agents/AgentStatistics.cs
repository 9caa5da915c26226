namespace Kvasir.Engine.Agents;

/// <summary>What a team has done so far.</summary>
/// <param name="Anchors">Anchors in all pools.</param>
/// <param name="AnchorBytes">Their memory.</param>
/// <param name="Evicted">Anchors that had to go.</param>
/// <param name="DenseCalls">Prompts that were computed.</param>
/// <param name="ReusedCalls">Prompts that were predicted.</param>
/// <param name="DoubtedCalls">Of the computed ones, those that had been predicted first.</param>
/// <param name="PromptTokens">Tokens of all prompts.</param>
/// <param name="PredictedTokens">Tokens whose rows were predicted.</param>
/// <param name="MeanEntropyShare">Mean entropy share over all predictions that had at least two anchors.</param>
/// <param name="MeanTopWeight">Mean largest weight over these.</param>
/// <param name="PreparationTime">Time for comparing and weighing.</param>
/// <param name="CorrectionTime">Time for adding offsets up and writing rows.</param>
public sealed record AgentStatistics(
    int Anchors,
    long AnchorBytes,
    int Evicted,
    long DenseCalls,
    long ReusedCalls,
    long DoubtedCalls,
    long PromptTokens,
    long PredictedTokens,
    double MeanEntropyShare,
    double MeanTopWeight,
    TimeSpan PreparationTime,
    TimeSpan CorrectionTime);
