namespace Kvasir.Numerics;

/// <summary>Sizes and names of the <see cref="DataType"/> values (block formats as GGUF stores them).</summary>
public static class DataTypeInfo
{
    extension(DataType type)
    {
        /// <summary>Elements in a block: 1 for the float types, 32 for the quantised ones, 256 for those with super-blocks.</summary>
        public int BlockSize => type.HasSuperBlocks ? 256 : type.IsQuantized ? 32 : 1;

        /// <summary>Bytes of a block.</summary>
        /// <exception cref="ArgumentOutOfRangeException">The value is no known type.</exception>
        public int BlockBytes => type switch
        {
            DataType.F32 => 4,
            DataType.F16 or DataType.BF16 => 2,
            DataType.MXFP4 => 17,
            DataType.Q4_0 or DataType.IQ4_NL => 18,
            DataType.Q4_1 => 20,
            DataType.Q5_0 => 22,
            DataType.Q5_1 => 24,
            DataType.Q8_0 => 34,
            DataType.Q2_K => 84,
            DataType.Q3_K => 110,
            DataType.IQ4_XS => 136,
            DataType.Q4_K => 144,
            DataType.Q5_K => 176,
            DataType.Q6_K => 210,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not a data type that Kvasir knows"),
        };

        /// <summary>True for the block formats with a scale.</summary>
        public bool IsQuantized => type.HasEvenLevels || type.HasTable || type.HasSuperBlocks;

        /// <summary>True for the block formats of 32 elements whose levels are as far from each other everywhere.</summary>
        public bool HasEvenLevels => type is DataType.Q4_0 or DataType.Q4_1 or DataType.Q5_0 or DataType.Q5_1 or DataType.Q8_0;

        /// <summary>True for the block formats whose values are numbers of levels in a <see cref="LevelTable"/>.</summary>
        public bool HasTable => type is DataType.IQ4_NL or DataType.IQ4_XS or DataType.MXFP4;

        /// <summary>True for the block formats whose scales are integers times a factor of 256 elements.</summary>
        public bool HasSuperBlocks =>
            type is DataType.Q2_K or DataType.Q3_K or DataType.Q4_K or DataType.Q5_K or DataType.Q6_K or DataType.IQ4_XS;

        /// <summary>Scales of 32 elements: 2 when each sixteen have their own, else 1; 0 for the float types.</summary>
        public int ScalesPerBlock => type is DataType.Q2_K or DataType.Q3_K or DataType.Q6_K ? 2 : type.IsQuantized ? 1 : 0;

        /// <summary>True for the block formats that hold a minimum beside the scale.</summary>
        public bool HasMinimum => type is DataType.Q4_1 or DataType.Q5_1 or DataType.Q2_K or DataType.Q4_K or DataType.Q5_K;

        /// <summary>True when the value is one of the named ones (a file may hold any number).</summary>
        public bool IsKnown => type is DataType.F32 or DataType.F16 or DataType.BF16 || type.IsQuantized;

        /// <summary>The name as users write it, for example <c>Q5_1</c>.</summary>
        public string Name => type.IsKnown ? type.ToString() : $"type {(int)type}";

        /// <summary>Bytes of a row of <paramref name="columns"/> elements.</summary>
        /// <exception cref="ArgumentException"><paramref name="columns"/> is negative or no multiple of the block size.</exception>
        public long RowBytes(long columns)
        {
            if (columns < 0 || columns % type.BlockSize != 0)
            {
                throw new ArgumentException(
                    $"a row of {columns} elements does not divide into {type.Name} blocks of {type.BlockSize}", nameof(columns));
            }

            return columns / type.BlockSize * type.BlockBytes;
        }
    }

    /// <summary>Reads a type name as users write it (case does not matter): <c>q8_0</c>, <c>BF16</c>.</summary>
    public static bool TryParse(string? name, out DataType type)
    {
        foreach (var candidate in Enum.GetValues<DataType>())
        {
            if (string.Equals(candidate.ToString(), name, StringComparison.OrdinalIgnoreCase))
            {
                type = candidate;
                return true;
            }
        }

        type = default;
        return false;
    }
}
