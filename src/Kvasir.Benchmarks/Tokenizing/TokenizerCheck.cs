namespace Kvasir.Benchmarks.Tokenizing;

/// <summary>One figure.</summary>
/// <param name="Name">Its name, e.g. <c>english.encodeMBps</c>.</param>
/// <param name="Value">Median of the rounds.</param>
/// <param name="Low">The slowest round.</param>
/// <param name="High">The fastest.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Wanted">At least this is wanted; null where nothing is.</param>
/// <param name="Note">What one must know to read it.</param>
public sealed record TokenizerCheck(string Name, double Value, double Low, double High, string Unit, double? Wanted, string Note);
