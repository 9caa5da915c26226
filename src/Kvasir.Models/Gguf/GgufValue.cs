namespace Kvasir.Models;

/// <summary>Where a metadata value lies in the file; it is decoded when it is asked for.</summary>
/// <param name="Type">The value's type.</param>
/// <param name="ElementType">The type of the elements of an array.</param>
/// <param name="Count">Elements of an array.</param>
/// <param name="Offset">First byte of the value (of the first element of an array).</param>
internal readonly record struct GgufValue(GgufType Type, GgufType ElementType, long Count, long Offset);
