namespace Kvasir.Numerics.Workers;

/// <summary>Work over a range of items, cut into one contiguous part a worker.</summary>
public interface IParallelJob
{
    /// <summary>Does items <c>[start, end)</c>. <paramref name="worker"/> is below the pool's number of threads.</summary>
    void Execute(int worker, int start, int end);
}
