using System.Runtime.InteropServices;

namespace Kvasir.Engine.Recurrent;

/// <summary>
/// The recurrent state of one sequence behind its first rows. It is a function of these rows' tokens only. Memory is a
/// <see cref="StateMemory"/>'s.
/// </summary>
internal sealed unsafe class RecurrentState(StateShape shape, float* memory)
{
    /// <summary>Rows that it is behind.</summary>
    public int Position { get; set; }

    /// <summary>After so many rows of the next step it is copied to <see cref="Snapshot"/>; 0 for never.</summary>
    public int SnapshotRow { get; set; }

    /// <summary>Where to.</summary>
    public RecurrentState? Snapshot { get; set; }

    private float* Memory => memory;

    /// <summary>A layer's convolution inputs <c>[kernel - 1, convolutionWidth]</c>.</summary>
    public float* History(int layer) => memory + shape.HistoryOffset(layer);

    /// <summary>A layer's state <c>[heads, stateSize, headDim]</c>.</summary>
    public float* State(int layer) => memory + shape.StateOffset(layer);

    /// <summary>The state before any row.</summary>
    public void Clear()
    {
        NativeMemory.Clear(memory, (nuint)shape.Bytes);
        Position = 0;
    }

    /// <summary>Becomes a copy.</summary>
    public void CopyFrom(RecurrentState other)
    {
        Buffer.MemoryCopy(other.Memory, memory, shape.Bytes, shape.Bytes);
        Position = other.Position;
    }
}
