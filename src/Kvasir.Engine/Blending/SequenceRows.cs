using System.Runtime.InteropServices;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Sequences;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tables;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Blending;

/// <summary>The rows of a sequence to read and write from outside, in a position-free frame and in binary32.</summary>
internal sealed unsafe class SequenceRows : IGivenRowWriter, IRowReader, IDisposable
{
    private readonly LoadedModel _model;
    private readonly Sequence _sequence;
    private readonly NativeBuffer _rotation;
    private int? _turned;

    public SequenceRows(LoadedModel model, Sequence sequence)
    {
        _model = model;
        _sequence = sequence;
        _rotation = new NativeBuffer((nuint)(2 * model.Rope.Half) * sizeof(float));
    }

    public int Layers => _model.Config.Layers;

    public int Width => _model.Config.CacheHeads * _model.Config.CacheHeadDim;

    public CacheScope Scope => _sequence.Scope;

    public ReadOnlySpan<int> Tokens => _sequence.Tokens[.._sequence.ComputedLength];

    public int PromptLength => _sequence.PromptLength;

    private IKvTable Table => _sequence.Table!;

    /// <summary>Writes all rows that a request brings along.</summary>
    public static void WriteGiven(LoadedModel model, Sequence sequence, IGivenRows given)
    {
        using var rows = new SequenceRows(model, sequence);
        given.Write(rows);
    }

    public void Write(int layer, int position, Span<float> key, ReadOnlySpan<float> value) => Write(layer, position, position, key, value);

    /// <summary>Writes one row whose keys say that they stand elsewhere: what reuse without correct positions does (baselines).</summary>
    public void Write(int layer, int position, int pretended, Span<float> key, ReadOnlySpan<float> value)
    {
        RequireWidth(key.Length, value.Length);
        Turn(pretended);
        KvRowReader.Rotate(key, _model.Config.CacheHeadDim, Rotation, _model.Rope.Half);
        var target = Table.WriteTarget(layer, position);
        fixed (float* keys = key, values = value)
            _model.Backend.WriteKv(keys, values, Width, MemoryMarshal.CreateReadOnlySpan(ref target, 1), _model.Layout);
    }

    public void Read(int layer, int position, Span<float> key, Span<float> value)
    {
        RequireWidth(key.Length, value.Length);
        var row = Table.RowTarget(layer, position);
        KvRowReader.Read(_model.Layout, row.Slice, row.Slot, key, value);
        if (Table is BlendTable blend && blend.OffsetAt(layer, position) is var offset and not 0)
        {
            // The row lies where it was computed.
            Turn(offset - position);
        }
        else
        {
            Turn(-position);
        }

        KvRowReader.Rotate(key, _model.Config.CacheHeadDim, Rotation, _model.Rope.Half);
    }

    public void Dispose() => _rotation.Dispose();

    private float* Rotation => (float*)_rotation.Pointer;

    private void Turn(int positions)
    {
        if (_turned == positions)
            return;
        _model.Rope.Rotation(positions, Rotation);
        _turned = positions;
    }

    private void RequireWidth(int key, int value)
    {
        if (key != Width || value != Width)
            throw new ArgumentException($"a row has {Width} keys and values, not {key} and {value}");
    }
}
