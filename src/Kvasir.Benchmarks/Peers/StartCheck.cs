using System.Diagnostics;
using System.Globalization;
using Kvasir.Benchmarks.Measures;

namespace Kvasir.Benchmarks.Peers;

/// <summary>From the start of a process to the first token of its first answer.</summary>
internal sealed class StartCheck(PeerBenchmarkOptions options, ModelShape shape, IReadOnlyList<PeerDefinition> peers)
{
    public const string Name = "startToFirstTokenMs";

    private const int Prompt = 4;

    /// <summary>Starts <c>kvasir generate</c> for one token, and each peer for one turn of one token, in turns.</summary>
    /// <param name="program">The program and its first arguments that start <c>kvasir</c>.</param>
    /// <exception cref="PeerException">Kvasir itself could not be started.</exception>
    public async Task<PeerCheck> RunAsync(IReadOnlyList<string> program, CancellationToken cancellation)
    {
        var own = new List<double>();
        var others = peers.ToDictionary(peer => peer, _ => new List<double>());
        var notes = new List<string>();
        for (var i = 0; i < options.Starts; i++)
        {
            own.Add(await StartKvasirAsync(program, cancellation).ConfigureAwait(false));
            foreach (var (peer, times) in others.ToArray())
            {
                try
                {
                    times.Add(await StartPeerAsync(peer, cancellation).ConfigureAwait(false));
                }
                catch (PeerException exception)
                {
                    notes.Add($"{peer.Name} failed: {exception.Message}");
                    others.Remove(peer);
                }
            }
        }

        var (best, bestTimes) = others.Where(pair => pair.Value.Count > 0).OrderBy(pair => Samples.Median(pair.Value)).FirstOrDefault();
        return new PeerCheck
        {
            Name = Name,
            Unit = "ms",
            Kvasir = Samples.Median(own),
            KvasirBest = own.Min(),
            Peer = best is null ? null : Samples.Median(bestTimes),
            PeerBest = best is null ? null : bestTimes.Min(),
            PeerName = best?.Name,
            Note = notes.Count == 0 ? null : string.Join("; ", notes),
        };
    }

    private async Task<double> StartKvasirAsync(IReadOnlyList<string> program, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(program[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            .. program.Skip(1), "generate", "--model", options.Model, "--raw", "--prompt", "1 2", "--max-tokens", "1",
            "--threads", options.Threads.Max().ToString(CultureInfo.InvariantCulture),
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        var started = Stopwatch.GetTimestamp();
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new PeerException($"{program[0]} cannot be started: {exception.Message}", exception);
        }

        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancellation);

            // An answer of one token is written when its first token is there.
            await process.StandardOutput.ReadLineAsync(cancellation).ConfigureAwait(false);
            var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            return process.ExitCode == 0 ? elapsed : throw new PeerException($"kvasir generate ended with {process.ExitCode}: {(await errors.ConfigureAwait(false)).Trim()}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private async Task<double> StartPeerAsync(PeerDefinition peer, CancellationToken cancellation)
    {
        var turn = new Turn([PromptTokens.Of(Prompt, shape.VocabSize)], 1, options.Threads.Max(), Reuse: false);
        var started = Stopwatch.GetTimestamp();
        await using var process = await PeerProcess.StartAsync(peer, options.Model, Math.Min(shape.MaxContext, 512), cancellation).ConfigureAwait(false);
        await process.RunAsync(turn, cancellation).ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }
}
