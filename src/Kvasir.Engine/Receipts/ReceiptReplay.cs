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

        var request = new GenerationRequest
        {
            Adapter = adapter,
            Prompt = receipt.Prompt.ToArray(),
            MaxTokens = steps,
            UsePrefixCache = false,
            WantReceipt = true,
        };
        if (receipt.Constrained)
        {
            // The last row may be the one that a stop token was chosen from, which the receipt does not name: any token stands for it.
            var continuation = new int[steps];
            for (var i = 0; i < Math.Min(steps, receipt.Tokens.Count); i++)
                continuation[i] = receipt.Tokens[i];
            request = request with { Continuation = continuation, IgnoreStopTokens = true };
        }
        else
        {
            // Noise belongs to the choice's number, so the choices before it are run as well.
            request = request with
            {
                Sampling = receipt.Sampling,
                Choices = receipt.Choice + 1,
                StopTokens = steps > receipt.Tokens.Count ? null : [],
            };
        }

        using var generation = engine.Submit(request);
        var replayed = (await generation.Choices[request.Choices - 1].CompleteAsync(cancellation).ConfigureAwait(false)).Receipt!;
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
