using System.Buffers.Binary;
using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// A matrix of GPTQ or AWQ: 4-bit numbers <c>q</c> whose value is <c>scale * (q - zero)</c>, scale and zero point of a group of
/// neighbouring inputs. <c>q - zero</c> lies between -15 and 15, so that with scales that are binary16 it is a Q5_0 block of the same values, or a
/// Q4_0 block when every zero point is 8. Groups that are no whole blocks, or whose inputs do not stand together (act-order), and other
/// scales become binary32.
/// </summary>
internal sealed unsafe class GroupedMatrix : ConvertedMatrix
{
    private const int PerWord = 8;

    // Which four bits of a word hold a column.
    private static readonly int[] AwqOrder = [0, 4, 1, 5, 2, 6, 3, 7];

    private readonly RawTensor _weight;
    private readonly RawTensor _zeros;
    private readonly RawTensor _scales;
    private readonly bool _awq;
    private readonly int _zeroBias;
    private readonly int[] _groups;

    private GroupedMatrix(RawTensor[] sources, bool awq, int zeroBias, DataType type, int rows, int[] groups)
        : base(sources, type, rows, groups.Length)
    {
        (_weight, _zeros, _scales) = (sources[0], sources[1], sources[2]);
        _awq = awq;
        _zeroBias = zeroBias;
        _groups = groups;
    }

    /// <param name="parts">
    /// <c>qweight</c> (GPTQ <c>[K/8, N]</c>, AWQ <c>[K, N/8]</c>), <c>qzeros</c> <c>[groups, N/8]</c>, <c>scales</c> <c>[groups, N]</c>,
    /// and <c>g_idx</c> <c>[K]</c> or null.
    /// </param>
    /// <param name="awq">AWQ's order of bits, which runs along the outputs.</param>
    /// <param name="zeroBias">What is added to a stored zero point, modulo 16.</param>
    public static GroupedMatrix Of((RawTensor Weight, RawTensor Zeros, RawTensor Scales, RawTensor? Index) parts, bool awq, int zeroBias)
    {
        var (weight, zeros, scales, index) = parts;
        if (scales.Shape is not [> 0 and <= int.MaxValue, > 0 and <= int.MaxValue])
            throw scales.Error($"{scales.ShapeText}; [groups, outputs] was expected");
        if (weight.Shape is not [> 0 and <= int.MaxValue, > 0 and <= int.MaxValue])
            throw weight.Error($"{weight.ShapeText}; a matrix was expected");
        int rows = (int)scales.Shape[1], groupCount = (int)scales.Shape[0];
        long inputs = awq ? weight.Shape[0] : weight.Shape[0] * PerWord;
        if (rows % PerWord != 0 || inputs % PerWord != 0 || inputs > int.MaxValue)
            throw weight.Error($"of {rows} outputs and {inputs} inputs, which words of {PerWord} numbers do not hold");
        int columns = (int)inputs;
        weight.Require("I32", awq ? [columns, rows / PerWord] : [columns / PerWord, rows]);
        zeros.Require("I32", groupCount, rows / PerWord);
        var groups = Groups(index, columns, groupCount, scales, out bool blocks);

        var type = !blocks || !scales.IsBinary16() ? DataType.F32 : AllAre(zeros, (uint)(8 - zeroBias)) ? DataType.Q4_0 : DataType.Q5_0;
        RawTensor[] sources = index is null ? [weight, zeros, scales] : [weight, zeros, scales, index];
        return new GroupedMatrix(sources, awq, zeroBias, type, rows, groups);
    }

    protected override void WriteRows(int first, int count, byte* to)
    {
        int groupCount = (int)_scales.Shape[0];
        var row = new sbyte[Columns];
        var scales = new float[groupCount];
        var zeros = new byte[groupCount];
        Span<byte> quants = stackalloc byte[BlockCodec.Block];
        for (int n = first; n < first + count; n++)
        {
            for (int group = 0; group < groupCount; group++)
            {
                scales[group] = _scales.Float(((long)group * Rows) + n);
                zeros[group] = Zero(group, n);
            }

            Read(n, zeros, row);
            if (Type == DataType.F32)
            {
                for (int k = 0; k < Columns; k++, to += sizeof(float))
                    *(float*)to = scales[_groups[k]] * row[k];
                continue;
            }

            int offset = BlockCodec.Offset(Type);
            for (int k = 0; k < Columns; k += BlockCodec.Block, to += Type.BlockBytes)
            {
                for (int i = 0; i < BlockCodec.Block; i++)
                    quants[i] = (byte)(row[k + i] + offset);
                BlockCodec.PackBlock(Type, Float16.FromSingle(scales[_groups[k]]), 0, quants, new Span<byte>(to, Type.BlockBytes));
            }
        }
    }

    /// <summary>An output's q - zero.</summary>
    private void Read(int n, byte[] zeros, sbyte[] row)
    {
        byte* words = _weight.Data;
        for (int k = 0; k < Columns; k++)
        {
            long word = _awq ? ((long)k * (Rows / PerWord)) + (n / PerWord) : ((long)(k / PerWord) * Rows) + n;
            int nibble = _awq ? AwqOrder[n % PerWord] : k % PerWord;
            int q = (int)(Word(words, word) >> (4 * nibble) & 15);
            row[k] = (sbyte)(q - zeros[_groups[k]]);
        }
    }

    private byte Zero(int group, int n)
    {
        uint word = Word(_zeros.Data, ((long)group * (Rows / PerWord)) + (n / PerWord));
        return (byte)(((word >> (4 * (_awq ? AwqOrder[n % PerWord] : n % PerWord))) + (uint)_zeroBias) & 15);
    }

    private static bool AllAre(RawTensor zeros, uint stored)
    {
        byte* words = zeros.Data;
        for (long i = 0; i < zeros.Elements; i++)
        {
            if (Word(words, i) != stored * 0x1111_1111)
                return false;
        }

        return true;
    }

    private static uint Word(byte* words, long index) => BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(words + (4 * index), 4));

    /// <summary>The group of every input; <paramref name="blocks"/> is true when no block of 32 has two.</summary>
    private static int[] Groups(RawTensor? index, int columns, int groupCount, RawTensor scales, out bool blocks)
    {
        if (index is null && columns % groupCount != 0)
            throw scales.Error($"of {groupCount} groups, into which {columns} inputs do not divide");
        index?.Require(index.Kind, columns);
        var given = index?.Integers();
        var groups = new int[columns];
        blocks = columns % BlockCodec.Block == 0;
        for (int k = 0; k < columns; k++)
        {
            long group = given?[k] ?? k / (columns / groupCount);
            if (group < 0 || group >= groupCount)
                throw index!.Error($"wrong: input {k} is in group {group} of {groupCount}");
            groups[k] = (int)group;
            blocks &= k % BlockCodec.Block == 0 || groups[k] == groups[k - 1];
        }

        return groups;
    }
}
