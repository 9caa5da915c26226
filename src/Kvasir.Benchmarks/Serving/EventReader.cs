using System.Runtime.CompilerServices;

namespace Kvasir.Benchmarks.Serving;

/// <summary>Reads the data of server-sent events.</summary>
internal static class EventReader
{
    /// <summary>The mark at the end of a stream.</summary>
    public const string Done = "[DONE]";

    private const string Data = "data: ";

    public static async IAsyncEnumerable<string> ReadAsync(HttpResponseMessage response, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            if (line.StartsWith(Data, StringComparison.Ordinal))
                yield return line[Data.Length..];
        }
    }
}
