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

    private const int FirstChain = 2 * MaxRows;
    private const int Left = 24;
    private const int Right = 25;
    private const int Shared = 26;
    private const int Product = 27;
    private const int Fifth = 28;
    private const int LowMask = 30;
    private const int FifthMask = 31;
    private const Gpr Weights = Gpr.Rax;
    private const Gpr End = Gpr.Rcx;
    private const Gpr XStride = Gpr.Rdx;
    private const Gpr Row0 = Gpr.Rsi;
    private const Gpr Row3 = Gpr.R8;
    private const Gpr Y = Gpr.R9;
    private const Gpr Panels = Gpr.R10;
    private const Gpr Panel = Gpr.R11;

    /// <summary>
    /// Writes the function for <paramref name="rows"/> rows of weights of a type and returns where it begins. A function that resumes goes on with
    /// the chains that it finds in the result.
    /// </summary>
    public static int Write(Avx512Assembler code, DataType type, int rows, bool resume)
    {
        code.Align();
        var start = code.Position;
        var layout = PackedLayout.Of(type);
        code.Load(Panel, Argument(0));
        code.Load(XStride, Argument(4));
        code.Load(Y, Argument(5));
        code.Load(Panels, Argument(7));
        code.Constant(LowMask, 0x0F0F_0F0F);
        code.Constant(FifthMask, 0x1010_1010);

        var nextPanel = code.Position;
        StartChains(code, rows, resume);
        code.Move(Weights, Panel);
        code.Load(End, Argument(2));
        code.Add(End, Weights);
        code.Load(Row0, Argument(3));
        ThirdFrom(code, Row3, Row0, XStride, rows);

        var nextBlock = code.Position;
        StartSums(code, type, rows);
        for (var group = 0; group < 8; group++)
            Group(code, type, layout, rows, group);
        Scale(code, layout, rows);
        if (type.HasMinimum)
            AddMinima(code, layout, rows);
        code.Add(Weights, layout.Bytes);
        code.Add(Row0, ActivationBlock.Bytes);
        if (rows > 3)
            code.Add(Row3, ActivationBlock.Bytes);
        code.LoopWhileBelow(Weights, End, nextBlock);

        StoreRows(code, rows);
        code.Add(Y, PackedPart.PanelColumns * sizeof(float));
        code.Add(Panel, Argument(1));
        code.LoopDown(Panels, nextPanel);
        code.Return();
        return start;
    }

    /// <summary>Subtracted from every value of a type without minimum, as a power of two.</summary>
    private static int OffsetBits(DataType type) => type switch
    {
        DataType.Q8_0 => 7,
        DataType.Q5_0 => 4,
        _ => 3,
    };

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

    /// <summary>Integer sums begin at minus offset times sum of q, or at 0.</summary>
    private static void StartSums(Avx512Assembler code, DataType type, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            if (type.HasMinimum)
                code.Zero(2 * row);
            else
                code.BroadcastShiftedLeft(2 * row, Row(row, ActivationBlock.NegativeSumOffset), OffsetBits(type));
            code.Move((2 * row) + 1, 2 * row);
        }
    }

    private static void Group(Avx512Assembler code, DataType type, PackedLayout layout, int rows, int group)
    {
        Unpack(code, type, layout, Left, group, 0);
        Unpack(code, type, layout, Right, group, 1);
        for (var row = 0; row < rows; row++)
        {
            code.Broadcast(Shared, Row(row, group * sizeof(int)));
            code.DotBytes(2 * row, Left, Shared);
            code.DotBytes((2 * row) + 1, Right, Shared);
        }
    }

    private static void Unpack(Avx512Assembler code, DataType type, PackedLayout layout, int to, int group, int half)
    {
        if (type == DataType.Q8_0)
        {
            code.Load(to, new Address(Weights, (group * 128) + (half * 64)));
            return;
        }

        var nibbles = new Address(Weights, (group % 4 * 128) + (half * 64));
        if (group < 4)
        {
            code.And(to, LowMask, nibbles);
        }
        else
        {
            code.ShiftWordsRight(to, nibbles, 4);
            code.And(to, to, LowMask);
        }

        if (!type.HasFifthBits)
            return;
        var bits = new Address(Weights, layout.High + (half * 64));
        if (group < 4)
            code.ShiftWordsLeft(Fifth, bits, 4 - group);
        else
            code.ShiftWordsRight(Fifth, bits, group - 4);
        code.OrAnd(to, Fifth, FifthMask);
    }

    /// <summary>chain = fma(sum, weight scale * activation scale, chain).</summary>
    private static void Scale(Avx512Assembler code, PackedLayout layout, int rows)
    {
        code.WidenHalves(Left, new Address(Weights, layout.Scales));
        code.WidenHalves(Right, new Address(Weights, layout.Scales + 32));
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

    /// <summary>chain = fma(minimum, activation scale * sum of q, chain).</summary>
    private static void AddMinima(Avx512Assembler code, PackedLayout layout, int rows)
    {
        code.WidenHalves(Left, new Address(Weights, layout.Minima));
        code.WidenHalves(Right, new Address(Weights, layout.Minima + 32));
        for (var row = 0; row < rows; row++)
        {
            code.BroadcastToFloats(Product, Row(row, ActivationBlock.SumOffset));
            code.MultiplyBroadcast(Product, Product, Row(row, ActivationBlock.ScaleOffset));
            code.MultiplyAdd(FirstChain + (2 * row), Left, Product);
            code.MultiplyAdd(FirstChain + (2 * row) + 1, Right, Product);
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
