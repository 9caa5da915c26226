using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// A GGUF file (versions 2 and 3, little-endian), memory-mapped. The layout is the GGUF specification's: header, metadata,
/// tensor table, then the aligned tensor data.
/// </summary>
internal sealed class GgufFile : IDisposable
{
    private const uint Magic = 0x4655_4747; // "GGUF"
    private const int MaxDimensions = 4;
    private const int MaxNameBytes = 1024;
    private const int SmallestTensorEntry = 8 + 4 + 8 + 4 + 8;
    private const int SmallestPair = 8 + 4 + 1;

    private readonly MappedFile _file;

    private GgufFile(MappedFile file)
    {
        _file = file;
        Metadata = new GgufMetadata(file);
        Read();
    }

    public GgufMetadata Metadata { get; }

    public Dictionary<string, StoredTensor> Tensors { get; } = [];

    public string Path => _file.Path;

    public static GgufFile Open(string path)
    {
        var file = MappedFile.Open(path);
        try
        {
            return new GgufFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    private void Read()
    {
        var cursor = new GgufCursor(_file);
        if (cursor.UInt32() != Magic)
            throw new ModelFormatException(Path, "not a GGUF file: it does not begin with \"GGUF\"", 0);
        uint version = cursor.UInt32();
        if (version is not (2 or 3))
        {
            string hint = (version & 0xFFFF) == 0 ? "; it looks big-endian" : "";
            throw new ModelFormatException(Path, $"GGUF version {version} is not read, only 2 and 3{hint}", 4);
        }

        long tensorCount = cursor.Count("the tensor count", (_file.Length - 24) / SmallestTensorEntry);
        long pairCount = cursor.Count("the metadata count", (_file.Length - 24) / SmallestPair);
        Metadata.Read(cursor, pairCount);
        int alignment = Metadata.Integer("general.alignment", 1, 1 << 20) ?? 32;
        if (!System.Numerics.BitOperations.IsPow2(alignment))
            throw Metadata.Error("general.alignment", $"{alignment} is not a power of two");

        var entries = new List<Entry>();
        for (long i = 0; i < tensorCount; i++)
            entries.Add(ReadEntry(cursor, i));

        long dataStart = (cursor.Offset + alignment - 1) / alignment * alignment;
        foreach (var entry in entries)
            Add(entry, dataStart, alignment);
        StoredTensor.CheckOverlap(Path, Tensors.Values.Select(RawTensor.Of));
    }

    private Entry ReadEntry(GgufCursor cursor, long index)
    {
        long at = cursor.Offset;
        string name = cursor.String($"the name of tensor {index}", MaxNameBytes);
        uint dimensions = cursor.UInt32();
        if (dimensions is 0 or > MaxDimensions)
            throw new ModelFormatException(Path, $"tensor \"{name}\" has {dimensions} dimensions", at);

        // GGUF lists the fastest dimension first.
        var shape = new long[dimensions];
        long elements = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            ulong length = cursor.UInt64();
            if (length == 0 || length > long.MaxValue || Math.BigMul((ulong)elements, length, out ulong product) != 0 || product > long.MaxValue / 8)
                throw new ModelFormatException(Path, $"tensor \"{name}\" has an impossible dimension {length}", at);
            shape[i] = (long)length;
            elements = (long)product;
        }

        return new Entry(name, shape, elements, (DataType)cursor.UInt32(), cursor.UInt64(), at);
    }

    private void Add(Entry entry, long dataStart, int alignment)
    {
        if (!entry.Type.IsKnown)
        {
            throw new UnsupportedModelException(
                Path,
                $"tensor \"{entry.Name}\" has ggml type {(int)entry.Type}, which Kvasir does not read "
                + $"(it reads {string.Join(", ", Enum.GetNames<DataType>())}); take another quantisation of this model");
        }

        long columns = entry.Shape[^1];
        if (columns % entry.Type.BlockSize != 0)
        {
            throw new ModelFormatException(
                Path, $"tensor \"{entry.Name}\" has rows of {columns} elements, no multiple of {entry.Type.Name}'s block", entry.At);
        }

        long bytes = entry.Elements / entry.Type.BlockSize * entry.Type.BlockBytes;
        if (entry.Offset % (ulong)alignment != 0)
            throw new ModelFormatException(Path, $"tensor \"{entry.Name}\" lies at offset {entry.Offset}, not aligned to {alignment}", entry.At);
        if (entry.Offset > (ulong)_file.Length || (long)entry.Offset > _file.Length - dataStart - bytes)
        {
            throw new ModelFormatException(
                Path,
                $"tensor \"{entry.Name}\" needs {bytes} bytes at data offset {entry.Offset}, but the file ends at byte {_file.Length}; "
                + "it may be an incomplete download",
                entry.At);
        }

        var tensor = new StoredTensor(entry.Name, entry.Type, entry.Shape, _file, dataStart + (long)entry.Offset, bytes);
        if (!Tensors.TryAdd(entry.Name, tensor))
            throw new ModelFormatException(Path, $"tensor \"{entry.Name}\" occurs twice", entry.At);
    }

    private readonly record struct Entry(string Name, long[] Shape, long Elements, DataType Type, ulong Offset, long At);
}
