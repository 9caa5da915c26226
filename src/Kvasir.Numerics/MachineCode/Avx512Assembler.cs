using System.Numerics;

namespace Kvasir.Numerics.MachineCode;

/// <summary>
/// Writes x86-64 machine code: the 512-bit instructions that the matrix kernels need, by number of the vector register (0 to 31), and the
/// few others of a loop. Operands stand in Intel's order. Encodings: Intel SDM volume 2, section 2.7 (EVEX).
/// </summary>
internal sealed class Avx512Assembler
{
    private const int VectorBytes = 64;

    private readonly List<byte> _code = [];

    /// <summary>Bytes so far; the address of the next instruction.</summary>
    public int Position => _code.Count;

    /// <summary>The code.</summary>
    public byte[] ToArray() => [.. _code];

    /// <summary>vmovups zmm, m512.</summary>
    public void Load(int to, Address from) => Vector(1, 0, 0x10, to, 0, from, VectorBytes);

    /// <summary>vmovups m512, zmm.</summary>
    public void Store(Address to, int from) => Vector(1, 0, 0x11, from, 0, to, VectorBytes);

    /// <summary>vmovaps zmm, zmm.</summary>
    public void Move(int to, int from) => Vector(1, 0, 0x28, to, 0, from);

    /// <summary>vpbroadcastd zmm, m32.</summary>
    public void Broadcast(int to, Address from) => Vector(2, 1, 0x58, to, 0, from, sizeof(int));

    /// <summary>mov eax, imm32; vpbroadcastd zmm, eax. Changes rax.</summary>
    public void Constant(int to, int value)
    {
        _code.Add(0xB8);
        Int32(value);
        Vector(2, 1, 0x7C, to, 0, (int)Gpr.Rax);
    }

    /// <summary>vpxord zmm, zmm, zmm of a register with itself.</summary>
    public void Zero(int register) => Vector(1, 1, 0xEF, register, register, register);

    /// <summary>vpandd zmm, zmm, zmm.</summary>
    public void And(int to, int a, int b) => Vector(1, 1, 0xDB, to, a, b);

    /// <summary>vpandd zmm, zmm, m512.</summary>
    public void And(int to, int a, Address b) => Vector(1, 1, 0xDB, to, a, b, VectorBytes);

    /// <summary>to |= a &amp; b, by vpternlogd.</summary>
    public void OrAnd(int to, int a, int b)
    {
        Vector(3, 1, 0x25, to, a, b);
        _code.Add(0xF8);
    }

    /// <summary>vpsrlw zmm, m512, imm8.</summary>
    public void ShiftWordsRight(int to, Address from, int bits)
    {
        Vector(1, 1, 0x71, 2, to, from, VectorBytes);
        _code.Add((byte)bits);
    }

    /// <summary>vpsllw zmm, m512, imm8.</summary>
    public void ShiftWordsLeft(int to, Address from, int bits)
    {
        Vector(1, 1, 0x71, 6, to, from, VectorBytes);
        _code.Add((byte)bits);
    }

    /// <summary>vpslld zmm, m32{1to16}, imm8.</summary>
    public void BroadcastShiftedLeft(int to, Address from, int bits)
    {
        Vector(1, 1, 0x72, 6, to, from, sizeof(int), broadcast: true);
        _code.Add((byte)bits);
    }

    /// <summary>vpslld zmm, zmm, imm8.</summary>
    public void ShiftLeft(int to, int from, int bits)
    {
        Vector(1, 1, 0x72, 6, to, from);
        _code.Add((byte)bits);
    }

    /// <summary>vbroadcasti32x4 zmm, m128.</summary>
    public void BroadcastSixteen(int to, Address from) => Vector(2, 1, 0x5A, to, 0, from, 16);

    /// <summary>vpshufb zmm, zmm, zmm: looks bytes below 16 up in sixteen bytes that stand in every quarter of the table.</summary>
    public void LookUp(int to, int table, int numbers) => Vector(2, 1, 0x00, to, table, numbers);

    /// <summary>vpdpbusd zmm, zmm, zmm: sum += dot of four unsigned bytes with four signed bytes, a 32-bit lane.</summary>
    public void DotBytes(int sum, int unsigned, int signed) => Vector(2, 1, 0x50, sum, unsigned, signed);

    /// <summary>vcvtph2ps zmm, m256.</summary>
    public void WidenHalves(int to, Address from) => Vector(2, 1, 0x13, to, 0, from, VectorBytes / 2);

    /// <summary>vpmovzxwd zmm, m256: sixteen 16-bit numbers as integers.</summary>
    public void WidenWords(int to, Address from) => Vector(2, 1, 0x33, to, 0, from, VectorBytes / 2);

    /// <summary>vpmovzxbd or vpmovsxbd zmm, m128: sixteen bytes as integers.</summary>
    public void WidenBytes(int to, Address from, bool signed) => Vector(2, 1, signed ? (byte)0x21 : (byte)0x31, to, 0, from, VectorBytes / 4);

    /// <summary>vcvtdq2ps zmm, zmm.</summary>
    public void ToFloats(int to, int from) => Vector(1, 0, 0x5B, to, 0, from);

    /// <summary>vcvtdq2ps zmm, m32{1to16}.</summary>
    public void BroadcastToFloats(int to, Address from) => Vector(1, 0, 0x5B, to, 0, from, sizeof(int), broadcast: true);

    /// <summary>vmulps zmm, zmm, zmm.</summary>
    public void Multiply(int to, int a, int b) => Vector(1, 0, 0x59, to, a, b);

    /// <summary>vmulps zmm, zmm, m32{1to16}.</summary>
    public void MultiplyBroadcast(int to, int a, Address b) => Vector(1, 0, 0x59, to, a, b, sizeof(float), broadcast: true);

    /// <summary>vfmadd231ps zmm, zmm, zmm: sum += a * b, rounded once.</summary>
    public void MultiplyAdd(int sum, int a, int b) => Vector(2, 1, 0xB8, sum, a, b);

    /// <summary>prefetcht1 m: the line will be read, in a while.</summary>
    public void Prefetch(Address line) => Prefetch(0x18, 2, line);

    /// <summary>prefetchw m: the line will be written.</summary>
    public void PrefetchForWriting(Address line) => Prefetch(0x0D, 1, line);

    /// <summary>vfnmadd231ps zmm, zmm, zmm: sum -= a * b, rounded once.</summary>
    public void MultiplySubtract(int sum, int a, int b) => Vector(2, 1, 0xBC, sum, a, b);

    /// <summary>mov m64, r64.</summary>
    public void Store(Address to, Gpr from)
    {
        Rex(from, to);
        _code.Add(0x89);
        Operand((int)from, to, 1);
    }

    /// <summary>mov r64, m64.</summary>
    public void Load(Gpr to, Address from)
    {
        Rex(to, from);
        _code.Add(0x8B);
        Operand((int)to, from, 1);
    }

    /// <summary>mov r64, r64.</summary>
    public void Move(Gpr to, Gpr from) => Registers(0x8B, to, from);

    /// <summary>add r64, r64.</summary>
    public void Add(Gpr to, Gpr value) => Registers(0x03, to, value);

    /// <summary>add r64, m64.</summary>
    public void Add(Gpr to, Address value)
    {
        Rex(to, value);
        _code.Add(0x03);
        Operand((int)to, value, 1);
    }

    /// <summary>add r64, imm32.</summary>
    public void Add(Gpr to, int value)
    {
        _code.AddRange([(byte)(0x48 | ((int)to >> 3)), 0x81, (byte)(0xC0 | ((int)to & 7))]);
        Int32(value);
    }

    /// <summary>lea r64, m.</summary>
    public void AddressOf(Gpr to, Address of)
    {
        Rex(to, of);
        _code.Add(0x8D);
        Operand((int)to, of, 1);
    }

    /// <summary>cmp a, b; jb to an earlier position.</summary>
    public void LoopWhileBelow(Gpr a, Gpr b, int position)
    {
        Registers(0x3B, a, b);
        JumpBack(0x82, position);
    }

    /// <summary>cmp a, m64; jb to an earlier position.</summary>
    public void LoopWhileBelow(Gpr a, Address b, int position)
    {
        Rex(a, b);
        _code.Add(0x3B);
        Operand((int)a, b, 1);
        JumpBack(0x82, position);
    }

    /// <summary>sub r64, 1; jnz to an earlier position.</summary>
    public void LoopDown(Gpr counter, int position)
    {
        _code.AddRange([(byte)(0x48 | ((int)counter >> 3)), 0x83, (byte)(0xE8 | ((int)counter & 7)), 1]);
        JumpBack(0x85, position);
    }

    /// <summary>sub m64, 1; jnz to an earlier position.</summary>
    public void LoopDown(Address counter, int position)
    {
        Rex(Gpr.Rax, counter);
        _code.Add(0x83);
        Operand(5, counter, 1);
        _code.Add(1);
        JumpBack(0x85, position);
    }

    /// <summary>vzeroupper; ret.</summary>
    public void Return() => _code.AddRange([0xC5, 0xF8, 0x77, 0xC3]);

    /// <summary>Fills up to a multiple of 64 bytes with int3.</summary>
    public void Align()
    {
        while (_code.Count % 64 != 0)
            _code.Add(0xCC);
    }

    private void Prefetch(byte opcode, int kind, Address line)
    {
        if (line.Base >= Gpr.R8 || line.Index >= Gpr.R8)
            _code.Add((byte)(0x40 | ((int)(line.Index ?? 0) >> 3 << 1) | ((int)line.Base >> 3)));
        _code.AddRange([0x0F, opcode]);
        Operand(kind, line, 1);
    }

    private void Registers(byte opcode, Gpr to, Gpr from) =>
        _code.AddRange([(byte)(0x48 | ((int)to >> 3 << 2) | ((int)from >> 3)), opcode, (byte)(0xC0 | (((int)to & 7) << 3) | ((int)from & 7))]);

    private void Rex(Gpr register, Address address) =>
        _code.Add((byte)(0x48 | ((int)register >> 3 << 2) | ((int)(address.Index ?? 0) >> 3 << 1) | ((int)address.Base >> 3)));

    private void JumpBack(byte condition, int position)
    {
        _code.AddRange([0x0F, condition]);
        Int32(position - (_code.Count + sizeof(int)));
    }

    private void Int32(int value) => _code.AddRange(BitConverter.GetBytes(value));

    private void Vector(int map, int prefix, byte opcode, int register, int second, int third)
    {
        Evex(map, prefix, register, second, third >> 4, third >> 3, broadcast: false);
        _code.Add(opcode);
        _code.Add((byte)(0xC0 | ((register & 7) << 3) | (third & 7)));
    }

    private void Vector(int map, int prefix, byte opcode, int register, int second, Address third, int unit, bool broadcast = false)
    {
        Evex(map, prefix, register, second, (int)(third.Index ?? 0) >> 3, (int)third.Base >> 3, broadcast);
        _code.Add(opcode);
        Operand(register, third, unit);
    }

    /// <summary>The prefix of a 512-bit instruction; the bits that extend register numbers are stored inverted.</summary>
    private void Evex(int map, int prefix, int register, int second, int x, int b, bool broadcast)
    {
        _code.Add(0x62);
        _code.Add((byte)(((~register >> 3 & 1) << 7) | ((~x & 1) << 6) | ((~b & 1) << 5) | ((~register >> 4 & 1) << 4) | map));
        _code.Add((byte)(((~second & 15) << 3) | 4 | prefix));
        _code.Add((byte)((2 << 5) | (broadcast ? 1 << 4 : 0) | ((~second >> 4 & 1) << 3)));
    }

    /// <summary>ModRM, SIB and displacement: one byte in units of the operand's size where that fits, else four.</summary>
    private void Operand(int register, Address address, int unit)
    {
        var small = address.Displacement % unit == 0 && address.Displacement / unit is >= sbyte.MinValue and <= sbyte.MaxValue;
        var mode = (small ? 1 << 6 : 2 << 6) | ((register & 7) << 3);
        if (address.Index is { } index)
        {
            _code.Add((byte)(mode | 4));
            _code.Add((byte)((BitOperations.Log2((uint)address.Scale) << 6) | (((int)index & 7) << 3) | ((int)address.Base & 7)));
        }
        else
        {
            _code.Add((byte)(mode | ((int)address.Base & 7)));
        }

        if (small)
            _code.Add((byte)(address.Displacement / unit));
        else
            Int32(address.Displacement);
    }
}
