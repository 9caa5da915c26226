namespace Kvasir.Benchmarks.Peers;

/// <summary>Memory of a fresh process that has loaded the model and read a prompt.</summary>
internal sealed class MemoryCheck(PeerBenchmarkOptions options, ModelShape shape, IReadOnlyList<PeerDefinition> peers)
{
    public const string Name = "residentBytes";

    /// <summary>What a process may take: the file and what its layout costs, the keys and values, and a runtime.</summary>
    private const double FileFactor = 1.15;

    private const long Runtime = 200_000_000;
    private const int Prompt = 512;
    private const int Answer = 16;

    public async Task<PeerCheck> RunAsync(PeerDefinition kvasir, CancellationToken cancellation)
    {
        var context = Math.Min(shape.MaxContext, Prompt + Answer);
        var turn = new Turn([PromptTokens.Of(context - Answer, shape.VocabSize)], Answer, options.Threads.Max(), Reuse: false);
        var (now, peak) = await MeasureAsync(kvasir, context, turn, cancellation).ConfigureAwait(false);
        (string Name, long Now, long Peak)? least = null;
        var notes = new List<string>();
        foreach (var peer in peers)
        {
            try
            {
                var (peerNow, peerPeak) = await MeasureAsync(peer, context, turn, cancellation).ConfigureAwait(false);
                if (least is not { } other || peerNow < other.Now)
                    least = (peer.Name, peerNow, peerPeak);
            }
            catch (PeerException exception)
            {
                notes.Add($"{peer.Name} failed: {exception.Message}");
            }
        }

        var allowed = Allowed(shape, turn.Context);
        notes.Insert(0, FormattableString.Invariant($"at most {peak / 1e6:0} MB while loading; allowed are 1.15 x file + keys and values + 200 MB = {allowed / 1e6:0} MB"));
        return new PeerCheck
        {
            Name = Name,
            Unit = "bytes",
            Kvasir = now,
            KvasirBest = peak,
            KvasirThreads = turn.Threads,
            Peer = least?.Now,
            PeerBest = least?.Peak,
            PeerName = least?.Name,
            PeerThreads = least is null ? null : turn.Threads,
            LimitFraction = now / allowed,
            Note = string.Join("; ", notes),
        };
    }

    /// <summary>Bytes that are allowed with so many tokens in the cache.</summary>
    internal static double Allowed(ModelShape shape, int tokens) => (FileFactor * shape.FileBytes) + (shape.KvBytesPerToken * (double)tokens) + Runtime;

    private async Task<(long Now, long Peak)> MeasureAsync(PeerDefinition peer, int context, Turn turn, CancellationToken cancellation)
    {
        await using var process = await PeerProcess.StartAsync(peer, options.Model, context, cancellation).ConfigureAwait(false);
        await process.RunAsync(turn, cancellation).ConfigureAwait(false);
        return process.Memory;
    }
}
