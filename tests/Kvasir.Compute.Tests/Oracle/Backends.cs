using Kvasir.Numerics;

namespace Kvasir.Compute.Tests.Oracle;

/// <summary>One backend a path that this machine has, kept for the whole run; tests take turns in using one.</summary>
internal static class Backends
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<(InstructionSet, int), CpuBackend> Made = [];

    /// <summary>Runs <paramref name="body"/> on every path and thread count.</summary>
    public static void ForAll(Action<CpuBackend, string> body, params int[] threads)
    {
        lock (Gate)
        {
            foreach (var path in InstructionSets.Supported)
            {
                foreach (int count in threads.Length == 0 ? [1, 3] : threads)
                {
                    if (!Made.TryGetValue((path, count), out var backend))
                        Made[(path, count)] = backend = new CpuBackend(new CpuBackendOptions { InstructionSet = path, Threads = count });
                    body(backend, $"{path}, {count} threads");
                }
            }
        }
    }

    /// <summary>Runs <paramref name="body"/> on the best path with two threads.</summary>
    public static void Best(Action<CpuBackend> body)
    {
        lock (Gate)
        {
            using var backend = new CpuBackend(new CpuBackendOptions { Threads = 2 });
            body(backend);
        }
    }
}
