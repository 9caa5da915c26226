using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// A matrix in a form that there are kernels for, made from other tensors when it is first asked for, with the same values. It takes memory
/// from then until it is released.
/// </summary>
internal abstract unsafe class ConvertedMatrix(IReadOnlyList<RawTensor> sources, DataType type, int rows, int columns) : ITensorMemory, IDisposable
{
    private const int RowsAtOnce = 32;

    private readonly Lock _gate = new();
    private NativeBuffer? _memory;
    private bool _disposed;

    public string Path => Sources[0].File.Path;

    /// <summary>What it is made from.</summary>
    public IReadOnlyList<RawTensor> Sources { get; } = sources;

    public DataType Type { get; } = type;

    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    private long RowBytes => Type.RowBytes(Columns);

    /// <summary>As a stored tensor of the name that the model asks for.</summary>
    public StoredTensor AsTensor(string name) => new(name, Type, [Rows, Columns], this, 0, RowBytes * Rows) { MadeFrom = Sources };

    public byte* At(long offset, long length)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (offset < 0 || length < 0 || offset > (RowBytes * Rows) - length)
                throw new ModelFormatException(Path, $"{length} bytes at {offset} of a matrix of {RowBytes * Rows} bytes");
            _memory ??= Make();
            return _memory.Pointer + offset;
        }
    }

    public void Release(long offset, long length)
    {
        lock (_gate)
        {
            _memory?.Dispose();
            _memory = null;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _memory?.Dispose();
            _memory = null;
        }
    }

    /// <summary>Writes neighbouring rows; called by several threads.</summary>
    protected abstract void WriteRows(int first, int count, byte* to);

    private NativeBuffer Make()
    {
        var memory = new NativeBuffer((nuint)(RowBytes * Rows));
        nint start = (nint)memory.Pointer;
        Parallel.For(0, (Rows + RowsAtOnce - 1) / RowsAtOnce, i =>
            WriteRows(i * RowsAtOnce, Math.Min(RowsAtOnce, Rows - (i * RowsAtOnce)), (byte*)start + (i * RowsAtOnce * RowBytes)));
        foreach (var source in Sources)
            source.File.Release(source.Offset, source.Bytes);
        return memory;
    }
}
