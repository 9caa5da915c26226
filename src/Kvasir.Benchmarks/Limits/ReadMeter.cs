using System.Globalization;
using System.Runtime.CompilerServices;
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

    /// <summary>Bytes a second of all threads together; the best of several passes.</summary>
    public static double Measure(NativeBuffer buffer, int threads, CancellationToken cancellation)
    {
        var share = (long)buffer.Length / threads / 4096 * 4096;
        var sums = new long[threads];
        var best = double.MaxValue;
        for (var i = 0; i < Repeats; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            best = Math.Min(best, TogetherTimer.Run(threads, number => sums[number] = Sum(buffer.Pointer + (number * share), share)));
        }

        return threads * share / best;
    }

    /// <summary>A buffer much larger than the last-level cache, all of it written once.</summary>
    public static NativeBuffer Allocate(string root = "/") => new((nuint)Math.Clamp(CachesPerBuffer * CacheBytes(root), MinBytes, MaxBytes));

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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long Sum(byte* start, long bytes) => Vector512.IsHardwareAccelerated ? Sum512(start, bytes) : Sum256(start, bytes);

    /// <summary>Four streams, so that the prefetchers have several to follow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long Sum512(byte* start, long bytes)
    {
        Vector512<long> a = default, b = default, c = default, d = default;
        var stream = bytes / 4;
        for (var i = 0L; i < stream; i += 64)
        {
            a += Vector512.Load((long*)(start + i));
            b += Vector512.Load((long*)(start + stream + i));
            c += Vector512.Load((long*)(start + (2 * stream) + i));
            d += Vector512.Load((long*)(start + (3 * stream) + i));
        }

        return Vector512.Sum(a + b + (c + d));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long Sum256(byte* start, long bytes)
    {
        Vector256<long> a = default, b = default, c = default, d = default;
        for (var i = 0L; i < bytes; i += 128)
        {
            a += Vector256.Load((long*)(start + i));
            b += Vector256.Load((long*)(start + i + 32));
            c += Vector256.Load((long*)(start + i + 64));
            d += Vector256.Load((long*)(start + i + 96));
        }

        return Vector256.Sum(a + b + (c + d));
    }
}
