using Kvasir.Engine.Requests;

namespace Kvasir.Engine.Receipts;

/// <summary>Runs a receipt's prompt again without reuse.</summary>
internal static class ReceiptReplay
{
    /// <param name="engine">The engine.</param>
    /// <param name="receipt">What to run.</param>
    /// <param name="adapter">The engine's name for the receipt's adapter, or null for the bare model.</param>
    /// <param name="cancellation">Ends the run.</param>
    public static async Task<ReplayResult> RunAsync(KvasirEngine engine, Receipt receipt, string? adapter, CancellationToken cancellation)
    {
        var steps = receipt.LogitDigests.Count;
        if (steps == 0)
            return new ReplayResult(0, -1);

        // Noise belongs to the choice's number, so the choices before it are run as well.
        using var generation = engine.Submit(new GenerationRequest
        {
            Adapter = adapter,
            Prompt = receipt.Prompt.ToArray(),
            Sampling = receipt.Sampling,
            Choices = receipt.Choice + 1,
            MaxTokens = steps,
            StopTokens = steps > receipt.Tokens.Count ? null : [],
            UsePrefixCache = false,
            WantReceipt = true,
        });
        var replayed = (await generation.Choices[receipt.Choice].CompleteAsync(cancellation).ConfigureAwait(false)).Receipt!;
        for (var i = 0; i < steps; i++)
        {
            if (i >= replayed.LogitDigests.Count || replayed.LogitDigests[i] != receipt.LogitDigests[i])
                return new ReplayResult(i, i);
            if (i < receipt.Tokens.Count && (i >= replayed.Tokens.Count || replayed.Tokens[i] != receipt.Tokens[i]))
                return new ReplayResult(i, i);
        }

        return new ReplayResult(steps, -1);
    }
}
