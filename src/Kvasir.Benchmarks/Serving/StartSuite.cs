using System.Diagnostics;

namespace Kvasir.Benchmarks.Serving;

/// <summary>From the start of a process to the first token of its first answer.</summary>
internal static class StartSuite
{
    public static async Task<IReadOnlyList<BenchmarkCheck>> RunAsync(ServerBenchmarkOptions options, IProgress<string>? progress, CancellationToken cancellation)
    {
        var times = new List<double>();
        for (var i = 0; i < options.Starts; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await using var server = await ServerUnderTest.StartAsync(options, progress, cancellation).ConfigureAwait(false);
            using var response = await server.PostAsync(
                "/v1/chat/completions", """{"messages":[{"role":"user","content":"Who is Odin?"}],"max_tokens":4,"temperature":0,"stream":true}""", cancellation).ConfigureAwait(false);
            response.EnsureSuccessStatusCode();
            await foreach (var _ in EventReader.ReadAsync(response, cancellation).ConfigureAwait(false))
            {
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                break;
            }
        }

        return [new BenchmarkCheck("start.ttftMs", ThroughputSuite.Middle(times), "ms", 1500)];
    }
}
