using Kvasir.Engine.Scheduling;

namespace Kvasir.Benchmarks.Rag.Scheduling;

/// <summary>Poisson arrivals of long prompts, of which half are nearly all cached and half not at all.</summary>
internal static class QueueTrace
{
    /// <summary>Tokens of every prompt.</summary>
    public const int Prompt = 4096;

    private const int Answer = 16;

    /// <summary>Makes a trace, ascending by arrival; the same arguments give the same requests.</summary>
    /// <param name="seed">Other draws for another seed.</param>
    /// <param name="count">Requests.</param>
    /// <param name="load">Share of what a server that always has work would do.</param>
    public static List<QueuedRequest> Create(int seed, int count, double load)
    {
        var random = new Random(seed);
        int[] residuals = [.. Enumerable.Range(0, count).Select(_ => random.Next(2) == 0 ? random.Next(64, 257) : random.Next(Prompt / 2, Prompt + 1))];
        var busy = new QueueSimulation(new FirstComeScheduling()).Run([.. residuals.Select(residual => new QueuedRequest(0, Prompt, residual, Answer))]);
        var now = 0.0;
        return [.. residuals.Select(residual => new QueuedRequest(now += -Math.Log(1 - random.NextDouble()) * busy / count / load, Prompt, residual, Answer))];
    }
}
