namespace Kvasir.Benchmarks.Advice;

/// <summary>What <see cref="KvAdvisor"/> measured, and what it advises.</summary>
/// <param name="Floor">What must hold.</param>
/// <param name="Points">All ways, the whole cache first, then those with the fewest bytes first.</param>
/// <param name="Recommended">The way with the fewest bytes that keeps the floor; the whole cache when no other does.</param>
/// <param name="Prompts">Prompts asked for.</param>
/// <param name="Interrupted">True when it was ended before all was measured.</param>
public sealed record KvAdvice(QualityFloor Floor, IReadOnlyList<KvAdvicePoint> Points, KvAdvicePoint? Recommended, int Prompts, bool Interrupted);
