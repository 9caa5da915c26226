using System.Diagnostics;

namespace Kvasir.Benchmarks.Limits;

/// <summary>Times what several threads do at the same time.</summary>
internal static class TogetherTimer
{
    /// <summary>Runs <paramref name="work"/> on each of <paramref name="threads"/> threads.</summary>
    /// <param name="work">Gets the thread's number.</param>
    /// <returns>Seconds from the first one's start to the last one's end.</returns>
    public static double Run(int threads, Action<int> work)
    {
        using var start = new Barrier(threads);
        var begins = new long[threads];
        var ends = new long[threads];
        var others = new Thread[threads - 1];
        for (var i = 0; i < others.Length; i++)
        {
            var number = i + 1;
            others[i] = new Thread(() => Time(number)) { IsBackground = true, Name = $"kvasir-limit-{number}" };
            others[i].Start();
        }

        Time(0);
        foreach (var thread in others)
            thread.Join();
        return (ends.Max() - begins.Min()) / (double)Stopwatch.Frequency;

        void Time(int number)
        {
            start.SignalAndWait();
            begins[number] = Stopwatch.GetTimestamp();
            work(number);
            ends[number] = Stopwatch.GetTimestamp();
        }
    }
}
