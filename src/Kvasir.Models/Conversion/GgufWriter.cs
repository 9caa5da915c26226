using System.Text;
using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// Writes a GGUF file (version 3) in one pass: metadata and the tensor table first, then each tensor's data in the order of
/// declaration. The file appears under its name only when it is complete.
/// </summary>
/// <remarks>Use: <c>Add</c>*, <c>Declare</c>*, <c>BeginData</c>, (<c>BeginTensor</c>, <c>Write</c>*)*, <c>Complete</c>, <c>Dispose</c>.</remarks>
public sealed class GgufWriter : IDisposable
{
    private const int Alignment = 32;

    private readonly string _path;
    private readonly string _temporary;
    private readonly FileStream _stream;
    private readonly MemoryStream _metadata = new();
    private readonly BinaryWriter _pairs;
    private readonly List<(string Name, DataType Type, long[] Shape, long Bytes)> _tensors = [];
    private readonly HashSet<string> _keys = [];
    private ulong _pairCount;
    private int _current = -1;
    private long _left;
    private long _end;
    private bool _complete;

    /// <param name="path">The file to be; an existing one is replaced at the end.</param>
    public GgufWriter(string path)
    {
        _path = Path.GetFullPath(path);
        _temporary = $"{_path}.{Guid.NewGuid():N}.tmp";
        _stream = new FileStream(_temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        _pairs = new BinaryWriter(_metadata, Encoding.UTF8);
    }

    public void Add(string key, string value)
    {
        BeginPair(key, GgufType.String);
        WriteString(_pairs, value);
    }

    public void Add(string key, int value)
    {
        BeginPair(key, GgufType.UInt32);
        _pairs.Write(checked((uint)value));
    }

    public void Add(string key, float value)
    {
        BeginPair(key, GgufType.Float32);
        _pairs.Write(value);
    }

    public void Add(string key, bool value)
    {
        BeginPair(key, GgufType.Bool);
        _pairs.Write(value);
    }

    public void Add(string key, IReadOnlyList<string> values)
    {
        BeginArray(key, GgufType.String, values.Count);
        foreach (string value in values)
            WriteString(_pairs, value);
    }

    public void Add(string key, IReadOnlyList<int> values)
    {
        BeginArray(key, GgufType.Int32, values.Count);
        foreach (int value in values)
            _pairs.Write(value);
    }

    public void Add(string key, IReadOnlyList<float> values)
    {
        BeginArray(key, GgufType.Float32, values.Count);
        foreach (float value in values)
            _pairs.Write(value);
    }

    /// <summary>Announces a tensor.</summary>
    /// <param name="shape">Row-major: <c>[rows, columns]</c> or <c>[length]</c>.</param>
    /// <exception cref="ArgumentException">The name is taken, or the rows do not divide into blocks.</exception>
    public void Declare(string name, DataType type, params long[] shape)
    {
        if (_current >= 0 || _tensors.Any(t => t.Name == name))
            throw new ArgumentException($"tensor \"{name}\" is declared twice or too late", nameof(name));
        long rows = 1;
        foreach (long length in shape.AsSpan(0, shape.Length - 1))
            rows = checked(rows * length);
        _tensors.Add((name, type, shape, checked(type.RowBytes(shape[^1]) * rows)));
    }

    /// <summary>Writes everything up to the tensor data.</summary>
    public void BeginData()
    {
        var header = new BinaryWriter(_stream, Encoding.UTF8, leaveOpen: true);
        header.Write("GGUF"u8);
        header.Write(3u);
        header.Write((ulong)_tensors.Count);
        header.Write(_pairCount);
        _pairs.Flush();
        header.Write(_metadata.GetBuffer().AsSpan(0, (int)_metadata.Length));
        long offset = 0;
        foreach (var (name, type, shape, bytes) in _tensors)
        {
            WriteString(header, name);
            header.Write((uint)shape.Length);
            for (int i = shape.Length - 1; i >= 0; i--)
                header.Write((ulong)shape[i]);
            header.Write((uint)type);
            header.Write((ulong)offset);
            offset += (bytes + Alignment - 1) / Alignment * Alignment;
        }

        header.Flush();
        Pad();
        _end = _stream.Position + offset;
    }

    /// <summary>Goes to the next declared tensor, whose name is given as a check.</summary>
    public void BeginTensor(string name)
    {
        FinishTensor();
        _current++;
        if (_current >= _tensors.Count || _tensors[_current].Name != name)
            throw new InvalidOperationException($"tensor \"{name}\" is not the next one declared");
        _left = _tensors[_current].Bytes;
    }

    /// <summary>Some of the current tensor's bytes.</summary>
    public void Write(ReadOnlySpan<byte> data)
    {
        _left -= data.Length;
        if (_left < 0)
            throw new InvalidOperationException($"tensor \"{_tensors[_current].Name}\" is longer than declared");
        _stream.Write(data);
    }

    /// <summary>Ends with zeros instead of the data that is not written yet, so that the header can be read back. There will be no file.</summary>
    /// <returns>The path under which it can be read until this is disposed.</returns>
    internal string EndAsSketch()
    {
        _stream.SetLength(_end);
        _stream.Dispose();
        return _temporary;
    }

    /// <summary>Closes the file and gives it its name.</summary>
    /// <returns>Its size in bytes.</returns>
    public long Complete()
    {
        FinishTensor();
        if (_current != _tensors.Count - 1)
            throw new InvalidOperationException($"{_tensors.Count - 1 - _current} declared tensors were not written");
        long size = _stream.Length;
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(_temporary, _path, overwrite: true);
        _complete = true;
        return size;
    }

    /// <summary>Without <see cref="Complete"/>, leaves no file behind.</summary>
    public void Dispose()
    {
        _pairs.Dispose();
        _stream.Dispose();
        if (!_complete && File.Exists(_temporary))
            File.Delete(_temporary);
    }

    private void FinishTensor()
    {
        if (_left != 0)
            throw new InvalidOperationException($"{_left} bytes of tensor \"{_tensors[_current].Name}\" are missing");
        Pad();
    }

    private void Pad()
    {
        Span<byte> zeros = stackalloc byte[Alignment];
        zeros.Clear();
        _stream.Write(zeros[..(int)((Alignment - (_stream.Position % Alignment)) % Alignment)]);
    }

    private void BeginPair(string key, GgufType type)
    {
        if (!_keys.Add(key))
            throw new ArgumentException($"metadata \"{key}\" is added twice", nameof(key));
        _pairCount++;
        WriteString(_pairs, key);
        _pairs.Write((uint)type);
    }

    private void BeginArray(string key, GgufType elementType, int count)
    {
        BeginPair(key, GgufType.Array);
        _pairs.Write((uint)elementType);
        _pairs.Write((ulong)count);
    }

    private static void WriteString(BinaryWriter writer, string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}
