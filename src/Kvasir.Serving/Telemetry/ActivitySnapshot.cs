namespace Kvasir.Serving.Telemetry;

/// <summary>What a model's latest requests have seen.</summary>
/// <param name="FirstToken">Time to the first token; null before the first answer.</param>
/// <param name="Token">Time between tokens.</param>
/// <param name="Queue">Time before the first step.</param>
/// <param name="TokensPerSecond">Tokens of answers, over the last ten seconds.</param>
internal sealed record ActivitySnapshot(LatencyQuantiles? FirstToken, LatencyQuantiles? Token, LatencyQuantiles? Queue, double TokensPerSecond);
