namespace Kvasir.Numerics.MachineCode;

/// <summary>64-bit registers that a function may change in the System V convention, by their numbers.</summary>
internal enum Gpr
{
    Rax = 0,
    Rcx = 1,
    Rdx = 2,
    Rsi = 6,

    /// <summary>Holds the function's argument.</summary>
    Rdi = 7,
    R8 = 8,
    R9 = 9,
    R10 = 10,
    R11 = 11,
}

/// <summary>A memory operand: <c>[Base + Index * Scale + Displacement]</c>.</summary>
/// <param name="Base">Its register.</param>
/// <param name="Displacement">Bytes.</param>
/// <param name="Index">A second register, or null.</param>
/// <param name="Scale">1, 2, 4 or 8.</param>
internal readonly record struct Address(Gpr Base, int Displacement = 0, Gpr? Index = null, int Scale = 1);
