using System.Diagnostics;
using Kvasir.Engine.Requests;
using Kvasir.Serving.Pipeline;

namespace Kvasir.Serving.Requests;

/// <summary>Reads answers as they come and takes note of the time between their tokens.</summary>
internal static class AnswerSource
{
    public static async IAsyncEnumerable<GeneratedToken> ReadAsync(
        GenerationChoice choice, CallTrace trace, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var last = 0L;
        await foreach (var token in choice.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var now = Stopwatch.GetTimestamp();
            if (last != 0)
                trace.TokenAfter(Stopwatch.GetElapsedTime(last, now));
            last = now;
            yield return token;
        }
    }
}
