namespace Kvasir.Benchmarks.Fusion;

/// <summary>Something to time, called without a delegate.</summary>
internal interface IWork
{
    void Run();
}
