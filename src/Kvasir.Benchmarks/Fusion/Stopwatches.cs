using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Kvasir.Benchmarks.Fusion;

/// <summary>Best times of two works that take turns, so that both meet the same machine.</summary>
internal static class Stopwatches
{
    private const int Rounds = 25;
    private static readonly TimeSpan Warm = TimeSpan.FromMilliseconds(250);

    /// <summary>Nanoseconds a call.</summary>
    public static (double First, double Second) Best<TFirst, TSecond>(TFirst first, TSecond second)
        where TFirst : struct, IWork
        where TSecond : struct, IWork
    {
        var (firstCalls, secondCalls) = (Calls(ref first), Calls(ref second));
        var (bestFirst, bestSecond) = (double.MaxValue, double.MaxValue);
        for (var round = 0; round < Rounds; round++)
        {
            bestFirst = Math.Min(bestFirst, Time(ref first, firstCalls));
            bestSecond = Math.Min(bestSecond, Time(ref second, secondCalls));
        }

        return (bestFirst, bestSecond);
    }

    /// <summary>How much longer the first takes.</summary>
    public static double Ratio<TFirst, TSecond>(TFirst first, TSecond second)
        where TFirst : struct, IWork
        where TSecond : struct, IWork
    {
        var (a, b) = Best(first, second);
        return a / b;
    }

    /// <summary>Calls until the tiers are through, then as many as take half a millisecond.</summary>
    private static int Calls<TWork>(ref TWork work)
        where TWork : struct, IWork
    {
        var start = Stopwatch.GetTimestamp();
        var calls = 0;
        while (calls < 40 || Stopwatch.GetElapsedTime(start) < Warm)
        {
            work.Run();
            calls++;
            if (calls >= 3 && Stopwatch.GetElapsedTime(start) > 2 * Warm)
                break;
        }

        return Math.Max(1, (int)(500_000 / Time(ref work, 3)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Time<TWork>(ref TWork work, int calls)
        where TWork : struct, IWork
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < calls; i++)
            work.Run();
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / calls;
    }
}
