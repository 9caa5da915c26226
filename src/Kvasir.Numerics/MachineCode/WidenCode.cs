namespace Kvasir.Numerics.MachineCode;

/// <summary>Writes the widening of binary16, which .NET has no instruction for: <c>(from, end of from, to)</c>, sixteen values a step.</summary>
internal static class WidenCode
{
    private const int Register = 0;

    /// <summary>Writes the function and returns where it begins.</summary>
    public static int Write(Avx512Assembler code)
    {
        code.Align();
        var start = code.Position;
        code.WidenHalves(Register, new Address(Gpr.Rdi));
        code.Store(new Address(Gpr.Rdx), Register);
        code.Add(Gpr.Rdi, 32);
        code.Add(Gpr.Rdx, 64);
        code.LoopWhileBelow(Gpr.Rdi, Gpr.Rsi, start);
        code.Return();
        return start;
    }
}
