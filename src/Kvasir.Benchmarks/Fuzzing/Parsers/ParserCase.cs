namespace Kvasir.Benchmarks.Fuzzing.Parsers;

/// <summary>One file to parse among the valid ones of its target.</summary>
/// <param name="File">Its name in the target's folder.</param>
/// <param name="Data">Its bytes.</param>
public sealed record ParserCase(string File, byte[] Data);
