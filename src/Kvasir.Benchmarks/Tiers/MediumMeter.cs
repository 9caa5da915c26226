using System.Diagnostics;
using Kvasir.Numerics;
using Microsoft.Win32.SafeHandles;

namespace Kvasir.Benchmarks.Tiers;

/// <summary>How fast a medium gives its bytes to two threads that do nothing else: the bound of every load from it.</summary>
internal static unsafe class MediumMeter
{
    private const int Threads = 2;
    private const int Repeats = 7;
    private const int PieceBytes = 1 << 20;

    /// <summary>Bytes a second of copying memory to memory, both warm.</summary>
    public static double Copy(long bytes)
    {
        using var from = new NativeBuffer((nuint)bytes);
        using var to = new NativeBuffer((nuint)bytes);
        from.Pointer[0] = 1;
        new Span<byte>(from.Pointer, (int)Math.Min(bytes, int.MaxValue)).Fill(1);
        var share = bytes / Threads;
        return bytes / Best(thread => Buffer.MemoryCopy(from.Pointer + (thread * share), to.Pointer + (thread * share), share, share));
    }

    /// <summary>Bytes a second of reading files that are in the system's page cache.</summary>
    public static double ReadFiles(IReadOnlyList<string> files)
    {
        var handles = files.Select(file => File.OpenHandle(file)).ToArray();
        try
        {
            var bytes = handles.Sum(RandomAccess.GetLength);
            var pieces = Enumerable.Range(0, Threads).Select(_ => new byte[PieceBytes]).ToArray();
            return bytes / Best(thread =>
            {
                for (var i = thread; i < handles.Length; i += Threads)
                    Read(handles[i], pieces[thread]);
            });
        }
        finally
        {
            foreach (var handle in handles)
                handle.Dispose();
        }
    }

    private static void Read(SafeFileHandle handle, byte[] piece)
    {
        for (var at = 0L; ;)
        {
            var read = RandomAccess.Read(handle, piece, at);
            if (read == 0)
                return;
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
