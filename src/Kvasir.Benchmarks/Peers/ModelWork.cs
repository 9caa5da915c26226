namespace Kvasir.Benchmarks.Peers;

/// <summary>What some step asks of the machine: bytes of weights read from memory, and multiplications and additions with them.</summary>
/// <param name="Bytes">Bytes of weights.</param>
/// <param name="Int8Operations">Operations with quantised weights; a multiplication and its addition are two.</param>
/// <param name="FloatOperations">Operations with 16- and 32-bit weights.</param>
public readonly record struct ModelWork(long Bytes, double Int8Operations, double FloatOperations);
