namespace Kvasir.Models;

/// <summary>The key-value part of a GGUF file.</summary>
internal sealed class GgufMetadata(MappedFile file)
{
    private const int MaxKeyBytes = 65_535; // the specification's limit
    private const int MaxTextBytes = 64 << 20;
    private const int MaxTokenBytes = 1 << 20;

    private readonly Dictionary<string, GgufValue> _values = [];

    public IEnumerable<string> Keys => _values.Keys;

    public bool Has(string key) => _values.ContainsKey(key);

    /// <summary>Reads <paramref name="count"/> pairs and leaves the cursor behind them.</summary>
    public void Read(GgufCursor cursor, long count)
    {
        for (long i = 0; i < count; i++)
        {
            long at = cursor.Offset;
            string key = cursor.String($"metadata key {i}", MaxKeyBytes);
            var value = ReadValue(cursor, key);
            if (!_values.TryAdd(key, value))
                throw new ModelFormatException(file.Path, $"metadata key \"{key}\" occurs twice", at);
        }
    }

    public string? String(string key)
    {
        if (!_values.TryGetValue(key, out var value))
            return null;
        Require(key, value, value.Type == GgufType.String, "a string");
        return new GgufCursor(file, value.Offset).String($"metadata \"{key}\"", MaxTextBytes);
    }

    public long? Integer(string key)
    {
        if (!_values.TryGetValue(key, out var value))
            return null;
        Require(key, value, IsInteger(value.Type), "an integer");
        return IntegerAt(key, value.Type, new GgufCursor(file, value.Offset));
    }

    /// <summary>An integer within bounds.</summary>
    public int? Integer(string key, int min, int max)
    {
        if (Integer(key) is not { } value)
            return null;
        return value >= min && value <= max ? (int)value : throw Error(key, $"{value} is outside {min} to {max}");
    }

    public double? Number(string key)
    {
        if (!_values.TryGetValue(key, out var value))
            return null;
        var cursor = new GgufCursor(file, value.Offset);
        double number = value.Type switch
        {
            GgufType.Float32 => BitConverter.UInt32BitsToSingle(cursor.UInt32()),
            GgufType.Float64 => BitConverter.UInt64BitsToDouble(cursor.UInt64()),
            _ when IsInteger(value.Type) => IntegerAt(key, value.Type, cursor),
            _ => throw Error(key, $"a number was expected, found {value.Type}"),
        };
        return double.IsFinite(number) ? number : throw Error(key, $"{number} is not a finite number");
    }

    public bool? Bool(string key)
    {
        if (!_values.TryGetValue(key, out var value))
            return null;
        Require(key, value, value.Type == GgufType.Bool, "a truth value");
        return new GgufCursor(file, value.Offset).UInt8() != 0;
    }

    /// <summary>An array of strings. Tokens of some vocabularies are not valid UTF-8: bad bytes become U+FFFD.</summary>
    public string[]? Strings(string key)
    {
        if (!_values.TryGetValue(key, out var value))
            return null;
        Require(key, value, value is { Type: GgufType.Array, ElementType: GgufType.String }, "an array of strings");
        var strings = new string[value.Count];
        var cursor = new GgufCursor(file, value.Offset);
        for (int i = 0; i < strings.Length; i++)
            strings[i] = cursor.String(key, MaxTokenBytes, lenient: true, i);
        return strings;
    }

    public int[]? Integers(string key)
    {
        if (!_values.TryGetValue(key, out var value))
            return null;
        Require(key, value, value.Type == GgufType.Array && IsInteger(value.ElementType), "an array of integers");
        var integers = new int[value.Count];
        var cursor = new GgufCursor(file, value.Offset);
        for (int i = 0; i < integers.Length; i++)
        {
            long item = IntegerAt(key, value.ElementType, cursor);
            integers[i] = item is >= int.MinValue and <= int.MaxValue ? (int)item : throw Error(key, $"element {i}, {item}, is too large");
        }

        return integers;
    }

    public float[]? Floats(string key)
    {
        if (!_values.TryGetValue(key, out var value))
            return null;
        Require(key, value, value is { Type: GgufType.Array, ElementType: GgufType.Float32 }, "an array of 32-bit floating-point numbers");
        var numbers = new float[value.Count];
        var cursor = new GgufCursor(file, value.Offset);
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = BitConverter.UInt32BitsToSingle(cursor.UInt32());
        return numbers;
    }

    public byte[]? Bytes(string key)
    {
        if (!_values.TryGetValue(key, out var value))
            return null;
        Require(key, value, value is { Type: GgufType.Array, ElementType: GgufType.UInt8 or GgufType.Int8 }, "an array of bytes");
        var bytes = new byte[value.Count];
        var cursor = new GgufCursor(file, value.Offset);
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = cursor.UInt8();
        return bytes;
    }

    public ModelFormatException Error(string key, string problem) => new(file.Path, $"metadata \"{key}\": {problem}");

    private static bool IsInteger(GgufType type) => Size(type) > 0 && type is not (GgufType.Float32 or GgufType.Float64 or GgufType.Bool);

    private static int Size(GgufType type) => type switch
    {
        GgufType.UInt8 or GgufType.Int8 or GgufType.Bool => 1,
        GgufType.UInt16 or GgufType.Int16 => 2,
        GgufType.UInt32 or GgufType.Int32 or GgufType.Float32 => 4,
        GgufType.UInt64 or GgufType.Int64 or GgufType.Float64 => 8,
        _ => 0,
    };

    private long IntegerAt(string key, GgufType type, GgufCursor cursor) => type switch
    {
        GgufType.UInt8 => cursor.UInt8(),
        GgufType.Int8 => (sbyte)cursor.UInt8(),
        GgufType.UInt16 => cursor.UInt16(),
        GgufType.Int16 => (short)cursor.UInt16(),
        GgufType.UInt32 => cursor.UInt32(),
        GgufType.Int32 => (int)cursor.UInt32(),
        GgufType.Int64 => (long)cursor.UInt64(),
        _ => cursor.UInt64() is var value && value <= long.MaxValue ? (long)value : throw Error(key, $"{value} is too large"),
    };

    private GgufValue ReadValue(GgufCursor cursor, string key)
    {
        long at = cursor.Offset;
        var type = (GgufType)cursor.UInt32();
        if (type == GgufType.Array)
        {
            var elementType = (GgufType)cursor.UInt32();
            int size = elementType == GgufType.String ? 8 : Size(elementType);
            if (size == 0)
                throw new ModelFormatException(file.Path, $"metadata \"{key}\" is an array of type {elementType}, which is not read", at);
            long count = cursor.Count($"the element count of \"{key}\",", (cursor.Remaining - 8) / size);
            if (count > int.MaxValue / 2)
                throw new ModelFormatException(file.Path, $"metadata \"{key}\" has {count} elements", at);
            var value = new GgufValue(type, elementType, count, cursor.Offset);
            if (elementType == GgufType.String)
            {
                for (long i = 0; i < count; i++)
                    cursor.SkipString();
            }
            else
            {
                cursor.Skip(count * size);
            }

            return value;
        }

        var scalar = new GgufValue(type, type, 1, cursor.Offset);
        if (type == GgufType.String)
            cursor.SkipString();
        else if (Size(type) is var bytes and > 0)
            cursor.Skip(bytes);
        else
            throw new ModelFormatException(file.Path, $"metadata \"{key}\" has the unknown type {(uint)type}", at);
        return scalar;
    }

    private void Require(string key, GgufValue value, bool condition, string expected)
    {
        if (!condition)
            throw Error(key, $"{expected} was expected, found {value.Type}");
    }
}
