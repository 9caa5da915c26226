using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>
/// Beginnings of chains. A chain is a value: building it computes nothing, its type is the program, its fields are the parameters.
/// Memory stays the caller's, and must stay where it is until a launch has returned.
/// </summary>
/// <remarks>
/// Fused Kernel Library, 2025, arXiv 2508.07071: vertical fusion (<see cref="Chain{TRead}"/>), backward fusion
/// (<see cref="IReadBack{TSelf}"/>), horizontal fusion (<see cref="Batch{TRead}"/>, <see cref="Divergent{TFirst, TSecond, TSelector}"/>).
/// </remarks>
public static unsafe class Fuse
{
    /// <summary>A row of floats; it is the same for all rows and planes of what it meets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Chain<Row<F32>> Read(float* data, long width) => Read<F32>(data, width);

    /// <summary>A row of elements; it is the same for all rows and planes of what it meets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Chain<Row<TElement>> Read<TElement>(void* data, long width)
        where TElement : unmanaged, IElement => From(new Row<TElement>(data, width));

    /// <summary>Contiguous elements, <c>[planes, height, width]</c>; with no planes the same for all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Chain<Source<TElement>> Read<TElement>(void* data, long width, int height, int planes = 0)
        where TElement : unmanaged, IElement => From(new Source<TElement>(data, new(width, height, planes), width, width * height));

    /// <summary>One value for each plane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Chain<PerPlane> PerPlane(float* values, int planes) => From(new PerPlane(values, planes));

    /// <summary>Any read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Chain<TRead> From<TRead>(TRead read)
        where TRead : unmanaged, IRead => new(read, read.Extent);

    /// <summary>Equal chains with their own parameters, one for each plane.</summary>
    /// <exception cref="ArgumentException">There is none, or their extents differ.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Chain<Batch<TRead>> Batch<TRead>(Chain<TRead>* items, int count)
        where TRead : unmanaged, IRead => From(new Batch<TRead>(items, count));

    /// <summary>Two different kernels in one launch: first the planes of one, then those of the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Divergent<TFirst, TSecond, InOrder> Diverge<TFirst, TSecond>(in TFirst first, in TSecond second)
        where TFirst : unmanaged, IKernel
        where TSecond : unmanaged, IKernel => new(first, second, new InOrder(first.Extent.Planes));
}
