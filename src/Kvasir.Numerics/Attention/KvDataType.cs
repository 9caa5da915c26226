namespace Kvasir.Numerics.Attention;

/// <summary>How keys and values are stored in the KV pool. Part of the numerics profile: attention reads what was stored.</summary>
public enum KvDataType : byte
{
    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>The upper half of binary32.</summary>
    BF16,

    /// <summary>Signed 8-bit values with one binary32 scale per row, head and 32 dimensions.</summary>
    Q8_0,

    /// <summary>4-bit values, -8 to 7, with one binary16 scale per row, head and 32 dimensions: 4.5 bits a value.</summary>
    Q4_0,
}
