using System.Diagnostics;
using System.Text.Json;

namespace Kvasir.Benchmarks.Serving;

/// <summary>
/// Two hundred clients that come and go: streams read to their end, streams given up midway, slow readers, whole answers and malformed
/// bodies. Afterwards nothing may be left: no block, no request without an answer.
/// </summary>
internal sealed class ChurnSuite(ServerUnderTest server, ServerBenchmarkOptions options, IProgress<string>? progress)
{
    private const int Clients = 200;
    private static readonly TimeSpan SlowPause = TimeSpan.FromMilliseconds(40);
    private static readonly string[] Malformed = ["{", "[]", "{\"messages\":7}", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":\"hot\"}", "\0\u0001"];

    private readonly object _gate = new();
    private readonly Dictionary<string, int> _failures = new(StringComparer.Ordinal);
    private int _requests;
    private int _answered;
    private int _refused;
    private int _givenUp;
    private int _unanswered;

    public async Task<IReadOnlyList<BenchmarkCheck>> RunAsync(CancellationToken cancellation)
    {
        var before = server.Memory;
        var most = before;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        over.CancelAfter(options.ChurnTime);
        var clients = Enumerable.Range(0, Clients).Select(client => ClientAsync(client, over.Token, cancellation)).ToArray();
        var started = Stopwatch.GetTimestamp();
        while (!over.IsCancellationRequested)
        {
            await Task.Delay(1000, CancellationToken.None).ConfigureAwait(false);
            most = Math.Max(most, server.Memory);
            progress?.Report(FormattableString.Invariant($"churn {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s: {_requests} requests, {_unanswered} without an answer"));
        }

        await Task.WhenAll(clients).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        var leaked = await LeakedBlocksAsync(cancellation).ConfigureAwait(false);
        foreach (var (reason, count) in _failures)
            progress?.Report($"without an answer: {count} x {reason}");
        return
        [
            new BenchmarkCheck("churn.leakedBlocks", leaked, "blocks", 0),
            new BenchmarkCheck("churn.unanswered", _unanswered, "requests", 0),
            new BenchmarkCheck("churn.requests", _requests, "requests", null),
            new BenchmarkCheck("churn.answered", _answered, "requests", null),
            new BenchmarkCheck("churn.refusedWithReason", _refused, "requests", null),
            new BenchmarkCheck("churn.givenUpByClient", _givenUp, "requests", null),
            new BenchmarkCheck("churn.mostMemoryMiB", most / (double)(1 << 20), "MiB", before / (double)(1 << 20)),
        ];
    }

    private async Task ClientAsync(int client, CancellationToken over, CancellationToken cancellation)
    {
        var random = new Random(client);
        while (!over.IsCancellationRequested)
        {
            Interlocked.Increment(ref _requests);
            try
            {
                await RequestAsync(random, cancellation).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or JsonException)
            {
                Unanswered(exception.Message);
            }
        }
    }

    private async Task RequestAsync(Random random, CancellationToken cancellation)
    {
        var kind = random.Next(10);
        if (kind == 0)
        {
            using var refused = await server.PostAsync("/v1/chat/completions", Malformed[random.Next(Malformed.Length)], cancellation).ConfigureAwait(false);
            await CountErrorAsync(refused, cancellation).ConfigureAwait(false);
            return;
        }

        var stream = kind < 9;
        var topic = random.Next(20);
        var body = $$"""{"messages":[{"role":"system","content":"You are a skald who answers in a few words. Topic {{topic}}."},{"role":"user","content":"Tell me of number {{random.Next(1000)}}."}],"max_tokens":{{random.Next(1, 60)}},"stream":{{(stream ? "true" : "false")}}}""";
        using var response = await server.PostAsync("/v1/chat/completions", body, cancellation).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            await CountErrorAsync(response, cancellation).ConfigureAwait(false);
        else if (!stream)
            await ReadWholeAsync(response, cancellation).ConfigureAwait(false);
        else
            await ReadStreamAsync(response, giveUpAfter: kind < 4 ? random.Next(8) : int.MaxValue, slow: kind == 4, cancellation).ConfigureAwait(false);
    }

    private async Task ReadWholeAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false));
        _ = document.RootElement.GetProperty("choices")[0].GetProperty("finish_reason").GetString();
        Interlocked.Increment(ref _answered);
    }

    private async Task ReadStreamAsync(HttpResponseMessage response, int giveUpAfter, bool slow, CancellationToken cancellation)
    {
        var (read, ended) = (0, false);
        await foreach (var data in EventReader.ReadAsync(response, cancellation).ConfigureAwait(false))
        {
            ended |= data == EventReader.Done || data.StartsWith("{\"error\"", StringComparison.Ordinal);
            if (read++ == giveUpAfter)
            {
                Interlocked.Increment(ref _givenUp);
                return;
            }

            if (slow)
                await Task.Delay(SlowPause, cancellation).ConfigureAwait(false);
        }

        if (ended)
            Interlocked.Increment(ref _answered);
        else
            Unanswered("the stream broke off");
    }

    /// <summary>A refusal is an answer when it gives its reason.</summary>
    private async Task CountErrorAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false));
        if (!response.IsSuccessStatusCode && (int)response.StatusCode != 500 && document.RootElement.GetProperty("error").GetProperty("message").GetString() is { Length: > 0 })
            Interlocked.Increment(ref _refused);
        else
            Unanswered($"status {(int)response.StatusCode}");
    }

    private void Unanswered(string reason)
    {
        Interlocked.Increment(ref _unanswered);
        lock (_gate)
            _failures[reason] = _failures.GetValueOrDefault(reason) + 1;
    }

    /// <summary>Blocks that are neither free nor promised once nobody asks for anything and the cache is empty.</summary>
    private async Task<int> LeakedBlocksAsync(CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            await server.ClearCacheAsync(cancellation).ConfigureAwait(false);
            var model = (await server.StatusAsync(cancellation).ConfigureAwait(false)).GetProperty("models")[0];
            var pool = model.GetProperty("kv");
            var leaked = pool.GetProperty("total").GetInt32() - pool.GetProperty("blocks").GetProperty("free").GetInt32();
            if (leaked == 0 || attempt == 100)
                return leaked;
            await Task.Delay(100, cancellation).ConfigureAwait(false);
        }
    }
}
