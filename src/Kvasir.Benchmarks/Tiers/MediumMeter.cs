using System.Diagnostics;
using Kvasir.Numerics;
using Microsoft.Win32.SafeHandles;

namespace Kvasir.Benchmarks.Tiers;

/// <summary>How fast a medium gives its bytes to two threads that do nothing else: the bound of every load from it.</summary>
internal static unsafe class MediumMeter
{
    private const int Threads = 2;
    private const int Repeats = 7;

    /// <summary>Bytes a second of copying memory to memory, both warm.</summary>
    public static double Copy(long bytes)
    {
        using var from = new NativeBuffer((nuint)bytes);
        using var to = new NativeBuffer((nuint)bytes);
        new Span<byte>(from.Pointer, (int)Math.Min(bytes, int.MaxValue)).Fill(1);
        var share = bytes / Threads;
        return bytes / Best(thread => Buffer.MemoryCopy(from.Pointer + (thread * share), to.Pointer + (thread * share), share, share));
    }

    /// <summary>Bytes a second of reading files that are in the system's page cache to as much memory.</summary>
    public static double ReadFiles(IReadOnlyList<string> files)
    {
        var handles = files.Select(file => File.OpenHandle(file)).ToArray();
        try
        {
            var lengths = handles.Select(RandomAccess.GetLength).ToArray();
            using var to = new NativeBuffer((nuint)lengths.Sum());
            to.Pointer[0] = 1;
            return lengths.Sum() / Best(thread =>
            {
                var at = to.Pointer;
                for (var i = 0; i < handles.Length; at += lengths[i], i++)
                {
                    if (i % Threads == thread)
                        Read(handles[i], new Span<byte>(at, checked((int)lengths[i])));
                }
            });
        }
        finally
        {
            foreach (var handle in handles)
                handle.Dispose();
        }
    }

    private static void Read(SafeFileHandle handle, Span<byte> to)
    {
        for (var at = 0; at < to.Length;)
        {
            var read = RandomAccess.Read(handle, to[at..], at);
            if (read == 0)
                throw new EndOfStreamException($"a file ended after {at} of {to.Length} bytes");
            at += read;
        }
    }

    private static double Best(Action<int> work)
    {
        var best = double.MaxValue;
        for (var i = 0; i < Repeats; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            var other = new Thread(() => work(1));
            other.Start();
            work(0);
            other.Join();
            best = Math.Min(best, Stopwatch.GetElapsedTime(begun).TotalSeconds);
        }

        return best;
    }
}
