namespace Kvasir.Benchmarks.Limits;

/// <summary>What <see cref="PeakLoop{TOperation, TVector}"/> does at each place of its tile.</summary>
/// <typeparam name="TVector">A vector of weights, of activations or of sums.</typeparam>
internal unsafe interface IPeakOperation<TVector>
    where TVector : unmanaged
{
    static abstract string Name { get; }

    static abstract bool IsSupported { get; }

    /// <summary>Operations of one <see cref="MultiplyAdd"/>; a multiplication and its addition are two.</summary>
    static abstract int Operations { get; }

    static abstract TVector Load(byte* address);

    static abstract TVector Broadcast(int* address);

    static abstract TVector MultiplyAdd(TVector sum, TVector weights, TVector activations);
}
