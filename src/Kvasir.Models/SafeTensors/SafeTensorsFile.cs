using System.Buffers.Binary;
using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// A safetensors file, memory-mapped: eight bytes of header length, a JSON header, then the data.
/// </summary>
internal sealed class SafeTensorsFile : IDisposable
{
    private const int MaxHeaderBytes = 100_000_000; // the reference implementation's limit
    private const int MaxDimensions = 8;

    private readonly MappedFile _file;

    private SafeTensorsFile(MappedFile file)
    {
        _file = file;
        Read();
    }

    public Dictionary<string, StoredTensor> Tensors { get; } = [];

    /// <summary>Tensors that quantised matrices are made from (integers, F8).</summary>
    public Dictionary<string, RawTensor> Raw { get; } = [];

    /// <summary>Names of tensors of element types that nothing here is made of (F64, booleans).</summary>
    public HashSet<string> OtherTensors { get; } = [];

    public string Path => _file.Path;

    public static SafeTensorsFile Open(string path)
    {
        var file = MappedFile.Open(path);
        try
        {
            return new SafeTensorsFile(file);
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
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(_file.Span(0, 8));
        if (headerLength > MaxHeaderBytes || (long)headerLength > _file.Length - 8)
            throw new ModelFormatException(Path, $"a header of {headerLength} bytes does not fit in the file", 0);
        var header = JsonFile.Parse(Path, _file.Span(8, (int)headerLength).ToArray());
        long dataStart = 8 + (long)headerLength;
        foreach (var (name, value) in header.Members())
        {
            if (name != "__metadata__")
                Add(name, value, dataStart);
        }

        StoredTensor.CheckOverlap(Path, Tensors.Values.Select(RawTensor.Of).Concat(Raw.Values));
    }

    private void Add(string name, JsonField entry, long dataStart)
    {
        string kind = entry.Get("dtype").String();
        var shape = entry.Get("shape").Items().Take(MaxDimensions + 1).Select(d => d.Long()).ToArray();
        if (shape.Length > MaxDimensions)
            throw entry.Error($"more than {MaxDimensions} dimensions");
        var range = entry.Get("data_offsets").Items().Take(3).Select(o => o.Long()).ToArray();
        if (range.Length != 2 || range[0] < 0 || range[1] < range[0] || range[1] > _file.Length - dataStart)
            throw entry.Error($"data_offsets [{string.Join(", ", range)}] do not lie in the file's {_file.Length - dataStart} data bytes");
        Int128 bytes = RawTensor.ElementBytes(kind);
        if (bytes == 0)
        {
            OtherTensors.Add(name);
            return;
        }

        foreach (long length in shape)
        {
            if (length < 0)
                throw entry.Error($"the dimension {length} is negative");
            bytes *= length;
            if (bytes > long.MaxValue)
                throw entry.Error("the shape overflows");
        }

        if (bytes != range[1] - range[0])
            throw entry.Error($"shape [{string.Join(", ", shape)}] of {kind} needs {bytes} bytes, data_offsets give {range[1] - range[0]}");
        long start = dataStart + range[0], size = range[1] - range[0];
        if (kind is "F32" or "F16" or "BF16")
            Tensors.Add(name, new StoredTensor(name, Enum.Parse<DataType>(kind), shape, _file, start, size));
        else
            Raw.Add(name, new RawTensor(name, kind, shape, _file, start, size));
    }
}
