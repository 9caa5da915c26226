using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Kvasir.Benchmarks.Serving;

/// <summary>
/// Sixteen different requests one after another, then the same kind at once: how much more comes out. Short questions and answers of 64
/// tokens: what prompts cost is the same both ways, since one alone keeps all processors busy.
/// </summary>
internal static class ThroughputSuite
{
    private const int Requests = 16;
    private const int Tokens = 64;

    /// <summary>Words that prompts are made of, so that no two share a prefix.</summary>
    private static readonly string[] Words = ["raven", "wolf", "ship", "river", "stone", "winter", "king", "song", "forest", "hammer"];

    public static async Task<IReadOnlyList<BenchmarkCheck>> RunAsync(ServerUnderTest server, ServerBenchmarkOptions options, CancellationToken cancellation)
    {
        var ratios = new List<double>();
        var (sequential, concurrent) = (new List<double>(), new List<double>());
        await RequestAsync(server, -1, cancellation).ConfigureAwait(false);
        for (var round = 0; round < options.ThroughputRounds; round++)
        {
            var number = round * 2 * Requests;
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < Requests; i++)
                await RequestAsync(server, number + i, cancellation).ConfigureAwait(false);
            var alone = Stopwatch.GetElapsedTime(started);
            started = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => RequestAsync(server, number + Requests + i, cancellation))).ConfigureAwait(false);
            var together = Stopwatch.GetElapsedTime(started);
            ratios.Add(alone / together);
            sequential.Add(Requests * Tokens / alone.TotalSeconds);
            concurrent.Add(Requests * Tokens / together.TotalSeconds);
        }

        return
        [
            new BenchmarkCheck("concurrency16.throughputRatio", Middle(ratios), "x", 3),
            new BenchmarkCheck("concurrency16.tokensPerSecond", Middle(concurrent), "tokens/s", Middle(sequential)),
        ];
    }

    /// <summary>The middle value.</summary>
    internal static double Middle(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private static async Task RequestAsync(ServerUnderTest server, int number, CancellationToken cancellation)
    {
        var random = new Random(number);
        var prompt = string.Create(CultureInfo.InvariantCulture, $"{number} {string.Join(' ', Enumerable.Range(0, 8).Select(_ => Words[random.Next(Words.Length)]))}");
        using var response = await server.PostAsync(
            "/v1/completions",
            $$"""{"prompt":{{JsonSerializer.Serialize(prompt, BenchmarkJson.Default.String)}},"max_tokens":{{Tokens}},"temperature":0,"ignore_eos":true}""",
            cancellation).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
    }
}
