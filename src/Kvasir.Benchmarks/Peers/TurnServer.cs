using Kvasir.Engine.Requests;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Peers;

/// <summary>Kvasir as a peer: reads turns as lines and answers each with a line, so that another process can time it.</summary>
public static class TurnServer
{
    /// <summary>Loads the model, says so, and does turns until the input ends.</summary>
    /// <param name="model">A GGUF file or a Hugging Face folder.</param>
    /// <param name="context">Most tokens of a sequence; no more than the model's own count.</param>
    /// <param name="version">What it says of itself.</param>
    public static async Task RunAsync(string model, int context, string version, TextReader input, TextWriter output, CancellationToken cancellation)
    {
        ModelShape shape;
        using (var file = ModelFile.Open(model))
            shape = ModelShape.Of(file);
        await using var kvasir = new KvasirContestant(model, Math.Min(context, shape.MaxContext), shape.KvBytesPerToken);
        kvasir.Load(Environment.ProcessorCount);
        await SayAsync(PeerLines.Ready(version)).ConfigureAwait(false);
        while (await input.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            try
            {
                await SayAsync(PeerLines.Done(await kvasir.RunAsync(PeerLines.ParseAsk(line), cancellation).ConfigureAwait(false))).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is PeerException or ArgumentException or ContextLengthException or EngineFailedException)
            {
                await SayAsync(PeerLines.Failed(exception.Message)).ConfigureAwait(false);
            }
        }

        async Task SayAsync(string line)
        {
            await output.WriteLineAsync(line.AsMemory(), cancellation).ConfigureAwait(false);
            await output.FlushAsync(cancellation).ConfigureAwait(false);
        }
    }
}
