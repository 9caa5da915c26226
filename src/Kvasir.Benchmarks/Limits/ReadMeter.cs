using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Kvasir.Numerics;

namespace Kvasir.Benchmarks.Limits;

/// <summary>How many bytes a second can be read from memory: sums over a buffer that no cache holds.</summary>
internal static unsafe class ReadMeter
{
    private const long MinBytes = 256L << 20;
    private const long MaxBytes = 1L << 30;
    private const long DefaultCacheBytes = 64L << 20;
    private const int CachesPerBuffer = 8;
    private const int Repeats = 8;

    /// <summary>Bytes a second of all threads together; the best of several passes, one stream a thread and four.</summary>
    public static double Measure(NativeBuffer buffer, int threads, CancellationToken cancellation)
    {
        var share = (long)buffer.Length / threads / 4096 * 4096;
        var sums = new long[threads];
        var best = double.MaxValue;
        for (var i = 0; i < 2 * Repeats; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var streams = i % 2 == 0 ? 4 : 1;
            best = Math.Min(best, TogetherTimer.Run(threads, number => sums[number] = Sum(buffer.Pointer + (number * share), share, streams)));
        }

        return threads * share / best;
    }

    /// <summary>
    /// A buffer much larger than the last-level cache, all of it written once: pages that nobody wrote are one shared page of zeros,
    /// which the cache holds.
    /// </summary>
    public static NativeBuffer Allocate(string root = "/")
    {
        var buffer = new NativeBuffer((nuint)Math.Clamp(CachesPerBuffer * CacheBytes(root), MinBytes, MaxBytes));
        NativeMemory.Fill(buffer.Pointer, (nuint)buffer.Length, 1);
        return buffer;
    }

    /// <summary>The last-level cache's size as Linux tells it, or a large one.</summary>
    internal static long CacheBytes(string root)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(root, "sys/devices/system/cpu/cpu0/cache/index3/size")).Trim();
            var unit = text.EndsWith('K') ? 1L << 10 : text.EndsWith('M') ? 1L << 20 : 1;
            return long.TryParse(text.TrimEnd('K', 'M'), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size * unit : DefaultCacheBytes;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return DefaultCacheBytes;
        }
    }

    /// <summary>Four streams side by side give the prefetchers more to follow on some processors; on others one is better.</summary>
    private static long Sum(byte* start, long bytes, int streams)
    {
        var (distance, stride) = streams == 1 ? (64L, 256L) : (bytes / 4, 64L);
        return Vector512.IsHardwareAccelerated ? Sum512(start, bytes, distance, stride) : Sum256(start, bytes, distance, stride);
    }

    /// <summary>Four cache lines a step, <paramref name="distance"/> apart; the steps are <paramref name="stride"/> apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long Sum512(byte* start, long bytes, long distance, long stride)
    {
        Vector512<long> a = default, b = default, c = default, d = default;
        for (var step = bytes / 256; step > 0; step--, start += stride)
        {
            a += Vector512.Load((long*)start);
            b += Vector512.Load((long*)(start + distance));
            c += Vector512.Load((long*)(start + (2 * distance)));
            d += Vector512.Load((long*)(start + (3 * distance)));
        }

        return Vector512.Sum(a + b + (c + d));
    }

    /// <summary>The same with both halves of a line by itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long Sum256(byte* start, long bytes, long distance, long stride)
    {
        Vector256<long> a = default, b = default, c = default, d = default;
        for (var step = bytes / 256; step > 0; step--, start += stride)
        {
            a += Vector256.Load((long*)start) + Vector256.Load((long*)(start + 32));
            b += Vector256.Load((long*)(start + distance)) + Vector256.Load((long*)(start + distance + 32));
            c += Vector256.Load((long*)(start + (2 * distance))) + Vector256.Load((long*)(start + (2 * distance) + 32));
            d += Vector256.Load((long*)(start + (3 * distance))) + Vector256.Load((long*)(start + (3 * distance) + 32));
        }

        return Vector256.Sum(a + b + (c + d));
    }
}
