namespace Kvasir.Benchmarks.Fusion;

/// <summary>A hand-written loop of <see cref="HandWritten"/>: two inputs, an output, a length.</summary>
internal readonly unsafe struct HandWork(delegate*<float*, float*, float*, long, void> loop, float* a, float* b, float* y, long count) : IWork
{
    public void Run() => loop(a, b, y, count);
}
