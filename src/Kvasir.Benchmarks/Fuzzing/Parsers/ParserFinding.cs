namespace Kvasir.Benchmarks.Fuzzing.Parsers;

/// <summary>Something that a parser must not do.</summary>
/// <param name="Kind">crash, slow, hang or memory.</param>
/// <param name="What">What happened.</param>
/// <param name="File">Where the file that does it was written.</param>
public sealed record ParserFinding(string Kind, string What, string File);
