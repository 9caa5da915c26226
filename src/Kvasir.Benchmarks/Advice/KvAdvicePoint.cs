namespace Kvasir.Benchmarks.Advice;

/// <summary>A way of keeping keys and values, as measured on the workload.</summary>
/// <param name="Way">Its name: a KV type, a policy, or policy and type.</param>
/// <param name="Budget">What it was told to keep, as a share of the whole cache in 16 bits; of a way of fixed size what that takes.</param>
/// <param name="Bytes">What it kept, scales and indices counted, as a share of the whole cache in 16 bits.</param>
/// <param name="Kl">Divergence from the whole cache, nats a token.</param>
/// <param name="Agreement">Share of tokens with the same most probable one.</param>
/// <param name="Bound">The worse end of the floor's measure, with 95 % confidence.</param>
/// <param name="Cases">Prompts and questions measured.</param>
/// <param name="KeepsFloor">Whether the bound is on the right side of the floor.</param>
/// <param name="Options">Command line options that choose it.</param>
public sealed record KvAdvicePoint(
    string Way, double Budget, double Bytes, double Kl, double Agreement, double Bound, int Cases, bool KeepsFloor, string Options);
