using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>The rows of a planned tensor, read from the weights that it is made of. Only the weights that are being read are held.</summary>
internal sealed class TensorRows : IDisposable
{
    private readonly ModelFile _source;
    private readonly TensorPlan _plan;
    private readonly (int Part, int Row)[] _rows;
    private readonly AdapterMatrix?[] _added;
    private readonly float _scale;
    private readonly int _group;
    private readonly MatrixSource?[] _open;

    /// <exception cref="InvalidOperationException">The weights do not fill the tensor.</exception>
    public TensorRows(ModelFile source, TensorPlan plan, ConversionOptions options)
    {
        _source = source;
        _scale = options.AdapterScale;
        _added = [.. plan.Parts.Select(part => options.Adapter?.Matrices.FirstOrDefault(matrix => matrix.Role == part.Role && matrix.Layer == part.Layer))];
        _plan = plan;
        Columns = checked((int)plan.Shape[^1]);
        _rows = new (int, int)[checked((int)(plan.Weights / Columns))];
        _open = new MatrixSource?[plan.Parts.Count];
        int filled = 0;
        for (int p = 0; p < plan.Parts.Count; p++)
        {
            for (int row = 0; row < plan.Parts[p].Rows; row++, filled++)
                _rows[plan.Parts[p].Place(row)] = (p, row);
        }

        if (filled != _rows.Length)
            throw new InvalidOperationException($"{plan.Name} has {_rows.Length} rows, its weights {filled}");
        _group = _rows.Length / plan.Parts.Select(part => part.First).Distinct().Count();
        Type = source.DescribeMatrix(plan.Role, plan.Layer, plan.Parts[0].Index).Type;
    }

    public int Count => _rows.Length;

    public int Columns { get; }

    /// <summary>Type of the first weight.</summary>
    public DataType Type { get; }

    /// <summary>Makes rows from <paramref name="first"/> on readable: at most so many, and of one expert only.</summary>
    /// <returns>How many.</returns>
    public int Open(int first, int most)
    {
        if (first % _group == 0)
            Close();
        int count = Math.Min(most, _group - (first % _group));
        for (int row = first; row < first + count; row++)
            Open(row);
        return count;
    }

    /// <summary>Makes one row readable; others stay so.</summary>
    public void Open(int row)
    {
        var (role, layer, index, _, _, _, _) = _plan.Parts[_rows[row].Part];
        _open[_rows[row].Part] ??= _source.GetMatrix(role, layer, index);
    }

    /// <summary>Decodes an opened row, with what an adapter adds.</summary>
    public void Read(int row, Span<float> destination)
    {
        var (part, own) = _rows[row];
        MatrixRows.Read(_open[part]!.Value, own, destination);
        if (_added[part] is { } added)
            AdapterProduct.AddRow(added, _scale, own, destination);
    }

    /// <summary>Copies an opened row when it is stored as the plan asks for.</summary>
    public bool TryCopy(int row, Span<byte> destination)
    {
        var matrix = _open[_rows[row].Part]!.Value;
        if (matrix.Type != _plan.Type || matrix.Stride != 0 || _added[_rows[row].Part] is not null)
            return false;
        MatrixRows.Stored(matrix, _rows[row].Row).CopyTo(destination);
        return true;
    }

    public void Dispose() => Close();

    // Weights of one expert may lie in one tensor: they are let go together.
    private void Close()
    {
        for (int part = 0; part < _open.Length; part++)
        {
            if (_open[part] is not null)
                _source.Release(_plan.Parts[part].Role, _plan.Parts[part].Layer, _plan.Parts[part].Index);
            _open[part] = null;
        }
    }
}
