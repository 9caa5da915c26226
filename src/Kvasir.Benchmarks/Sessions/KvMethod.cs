namespace Kvasir.Benchmarks.Sessions;

/// <summary>A way of keeping keys and values at a budget.</summary>
/// <param name="Kind">The way.</param>
/// <param name="Budget">Bytes as a share of the whole cache in 16 bits; for a way of fixed size what that size is.</param>
internal sealed record KvMethod(KvMethodKind Kind, double Budget);
