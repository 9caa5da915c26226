using System.Numerics;
using Kvasir.Numerics.Kernels;

namespace Kvasir.Numerics.MachineCode;

/// <summary>
/// Writes the inner kernel of quantised matmul for AVX-512 VNNI, which .NET 10 does not expose at this width: some rows times panels of 32
/// columns, two vectors a row. All sums stay in registers: two integer and two float vectors a row. vpdpbusd is exact, and what follows it is
/// the chain of the numerics contract, so that the bits are those of every other path.
/// </summary>
internal static class VnniTileCode
{
    /// <summary>Most rows of a function: 24 of the 32 registers hold their sums.</summary>
    public const int MaxRows = 6;

    /// <summary>Rows from which a function computes long enough to ask for weights that will be needed later.</summary>
    private const int PrefetchRows = 4;

    private const int FirstChain = 2 * MaxRows;
    private const int Left = 24;
    private const int Right = 25;
    private const int Shared = 26;
    private const int Product = 27;
    private const int High = 28;
    private const int LowMask = 30;
    private const int HighMask = 31;
    private const int Table = 31;
    private const Gpr Weights = Gpr.Rax;
    private const Gpr End = Gpr.Rcx;
    private const Gpr XStride = Gpr.Rdx;
    private const Gpr Row0 = Gpr.Rsi;
    private const Gpr Row3 = Gpr.R8;
    private const Gpr Y = Gpr.R9;
    private const Gpr Ahead = Gpr.R10;
    private const Gpr Panel = Gpr.R11;

    /// <summary>
    /// Writes the function for <paramref name="rows"/> rows of weights of a form and returns where it begins. A function that resumes goes on with
    /// the chains that it finds in the result.
    /// </summary>
    public static int Write(Avx512Assembler code, QuantForm form, int rows, bool resume)
    {
        code.Align();
        var start = code.Position;
        code.Load(Panel, Argument(0));
        code.Load(XStride, Argument(4));
        code.Load(Y, Argument(5));
        code.Load(Ahead, Argument(9));
        code.Constant(LowMask, form.LowBits == 2 ? 0x0303_0303 : 0x0F0F_0F0F);
        if (form.Table is null)
            code.Constant(HighMask, form.Bits switch { 6 => 0x3030_3030, 3 => 0x0404_0404, _ => 0x1010_1010 });
        else
            code.BroadcastSixteen(Table, Argument(10));

        var nextPanel = code.Position;
        StartChains(code, rows, resume);
        code.Move(Weights, Panel);
        code.Load(End, Argument(2));
        code.Add(End, Weights);
        if (form.HasSuperBlocks)
            code.Store(SpanEnd, End);
        code.Load(Row0, Argument(3));
        ThirdFrom(code, Row3, Row0, XStride, rows);

        var nextGroup = code.Position;
        if (form.HasSuperBlocks)
        {
            code.AddressOf(End, new Address(Weights, form.HeaderBytes + (form.GroupBlocks * form.BlockBytes)));
            code.Add(Weights, form.HeaderBytes);
        }

        var nextBlock = code.Position;
        Block(code, form, rows);
        code.Add(Weights, form.BlockBytes);
        code.Add(Row0, ActivationBlock.Bytes);
        if (rows > 3)
            code.Add(Row3, ActivationBlock.Bytes);
        code.LoopWhileBelow(Weights, End, nextBlock);
        if (form.HasSuperBlocks)
            code.LoopWhileBelow(Weights, SpanEnd, nextGroup);

        StoreRows(code, rows);
        code.Add(Y, PackedPart.PanelColumns * sizeof(float));
        code.Add(Panel, Argument(1));
        code.LoopDown(Argument(7), nextPanel);
        code.Return();
        return start;
    }

    /// <summary>Where the end of the blocks waits while <see cref="End"/> is that of a super-block.</summary>
    private static Address SpanEnd => Argument(8);

    private static Address Argument(int field) => new(Gpr.Rdi, field * sizeof(long));

    /// <summary>Three strides behind the first row, for rows 3 to 5: the index of an address reaches two strides.</summary>
    private static void ThirdFrom(Avx512Assembler code, Gpr third, Gpr first, Gpr stride, int rows)
    {
        if (rows <= 3)
            return;
        code.AddressOf(third, new Address(first, 0, stride, 2));
        code.Add(third, stride);
    }

    private static Address Row(int row, int displacement, Gpr first = Row0, Gpr third = Row3, Gpr stride = XStride)
    {
        var from = row < 3 ? first : third;
        return row % 3 == 0 ? new Address(from, displacement) : new Address(from, displacement, stride, row % 3);
    }

    private static void Block(Avx512Assembler code, QuantForm form, int rows)
    {
        var groups = 8 / form.ScalesPerBlock;
        for (var scale = 0; scale < form.ScalesPerBlock; scale++)
        {
            StartSums(code, form, rows, scale);
            for (var group = groups * scale; group < groups * (scale + 1); group++)
                Group(code, form, rows, group);
            Scale(code, form, rows, scale);
            if (form.HasMinimum)
                AddMinima(code, form, rows, scale);
        }
    }

    /// <summary>Integer sums begin at minus offset times sum of q, or at 0.</summary>
    private static void StartSums(Avx512Assembler code, QuantForm form, int rows, int scale)
    {
        var sums = ActivationBlock.NegativeSumsOffset + (form.ScalesPerBlock == 1 ? 0 : sizeof(int) * (1 + scale));
        for (var row = 0; row < rows; row++)
        {
            if (form.HasMinimum)
                code.Zero(2 * row);
            else
                code.BroadcastShiftedLeft(2 * row, Row(row, sums), BitOperations.Log2((uint)form.Offset));
            code.Move((2 * row) + 1, 2 * row);
        }
    }

    private static void Group(Avx512Assembler code, QuantForm form, int rows, int group)
    {
        Unpack(code, form, Left, group, 0);
        Unpack(code, form, Right, group, 1);
        if (rows >= PrefetchRows)
        {
            var lines = form.BlockBytes / 64;
            for (var line = lines * group / 8; line < lines * (group + 1) / 8; line++)
                code.Prefetch(new Address(Weights, line * 64, Ahead));
        }

        for (var row = 0; row < rows; row++)
        {
            code.Broadcast(Shared, Row(row, group * sizeof(int)));
            code.DotBytes(2 * row, Left, Shared);
            code.DotBytes((2 * row) + 1, Right, Shared);
        }
    }

    private static void Unpack(Avx512Assembler code, QuantForm form, int to, int group, int half)
    {
        if (form.Bits == 8)
        {
            code.Load(to, new Address(Weights, (group * 128) + (half * 64)));
            return;
        }

        var packed = new Address(Weights, (group % form.LowBits * 128) + (half * 64));
        if (group < form.LowBits)
        {
            code.And(to, LowMask, packed);
        }
        else
        {
            code.ShiftWordsRight(to, packed, group / form.LowBits * form.LowBits);
            code.And(to, to, LowMask);
        }

        if (form.Table is not null)
            code.LookUp(to, Table, to);
        if (form.Bits == form.LowBits)
            return;
        var bits = new Address(Weights, form.High + (form.Bits == 6 ? group / 4 * 128 : 0) + (half * 64));
        var shift = form.Bits == 6 ? 4 - (2 * (group % 4)) : form.LowBits - group;
        if (shift > 0)
            code.ShiftWordsLeft(High, bits, shift);
        else if (shift < 0)
            code.ShiftWordsRight(High, bits, -shift);
        else
            code.Load(High, bits);
        code.OrAnd(to, High, HighMask);
    }

    /// <summary>chain = fma(sum, weight scale * activation scale, chain).</summary>
    private static void Scale(Avx512Assembler code, QuantForm form, int rows, int scale)
    {
        LoadFactors(code, form, form.Scales + (scale * 32), 0, signed: !form.HasMinimum);
        for (var row = 0; row < rows; row++)
        {
            code.Broadcast(Shared, Row(row, ActivationBlock.ScaleOffset));
            for (var half = 0; half < 2; half++)
            {
                code.ToFloats((2 * row) + half, (2 * row) + half);
                code.Multiply(Product, Left + half, Shared);
                code.MultiplyAdd(FirstChain + (2 * row) + half, (2 * row) + half, Product);
            }
        }
    }

    /// <summary>
    /// chain = fma(minimum, activation scale * sum of q, chain); minima of super-blocks are subtracted. Of sixteen k the sum is kept with its
    /// sign changed: adding that is the same.
    /// </summary>
    private static void AddMinima(Avx512Assembler code, QuantForm form, int rows, int scale)
    {
        var halves = form.ScalesPerBlock == 2;
        var sum = halves ? ActivationBlock.NegativeSumsOffset + (sizeof(int) * (1 + scale)) : ActivationBlock.SumOffset;
        LoadFactors(code, form, form.Minima + (scale * 32), 64, signed: false);
        for (var row = 0; row < rows; row++)
        {
            code.BroadcastToFloats(Product, Row(row, sum));
            code.MultiplyBroadcast(Product, Product, Row(row, ActivationBlock.ScaleOffset));
            for (var half = 0; half < 2; half++)
            {
                if (form.HasSuperBlocks && !halves)
                    code.MultiplySubtract(FirstChain + (2 * row) + half, Left + half, Product);
                else
                    code.MultiplyAdd(FirstChain + (2 * row) + half, Left + half, Product);
            }
        }
    }

    /// <summary>Brings the 32 columns' scales (or minima) of a block to <see cref="Left"/> and <see cref="Right"/>.</summary>
    private static void LoadFactors(Avx512Assembler code, QuantForm form, int offset, int headerOffset, bool signed)
    {
        var header = headerOffset - form.HeaderBytes - (form.GroupBlocks * form.BlockBytes);
        for (var half = 0; half < 2; half++)
        {
            var sixteen = new Address(Weights, offset + (half * 32));
            if (form.HasPowerScales)
            {
                code.WidenWords(Left + half, sixteen);
                code.ShiftLeft(Left + half, Left + half, 16);
                continue;
            }

            if (!form.HasSuperBlocks)
            {
                code.WidenHalves(Left + half, sixteen);
                continue;
            }

            code.WidenBytes(Left + half, new Address(Weights, offset + (half * 16)), signed);
            code.ToFloats(Left + half, Left + half);
            code.WidenHalves(Product, new Address(End, header + (half * 32)));
            code.Multiply(Left + half, Left + half, Product);
        }
    }

    /// <summary>Chains begin at +0 or with what is there; either way the lines that take them are asked for long before they are written.</summary>
    private static void StartChains(Avx512Assembler code, int rows, bool resume)
    {
        code.Load(End, Argument(6));
        ThirdFrom(code, Weights, Y, End, rows);
        for (var i = 0; i < 2 * rows; i++)
        {
            if (resume)
            {
                code.Load(FirstChain + i, Result(i));
            }
            else
            {
                code.PrefetchForWriting(Result(i));
                code.Zero(FirstChain + i);
            }
        }
    }

    private static void StoreRows(Avx512Assembler code, int rows)
    {
        code.Load(End, Argument(6));
        ThirdFrom(code, Weights, Y, End, rows);
        for (var i = 0; i < 2 * rows; i++)
            code.Store(Result(i), FirstChain + i);
    }

    /// <summary>Vector i of the result, two a row, once <see cref="End"/> holds its stride and <see cref="Weights"/> its row 3.</summary>
    private static Address Result(int i) => Row(i / 2, i % 2 * 64, Y, Weights, End);
}
