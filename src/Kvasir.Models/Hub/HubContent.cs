namespace Kvasir.Models.Hub;

/// <summary>Bytes of a file that are on their way; the reader disposes it.</summary>
/// <param name="Kind">Where they begin.</param>
/// <param name="ETag">The server's strong tag for the file's present content, with its quotes; null when it gives none.</param>
/// <param name="Bytes">How many will come at most.</param>
/// <param name="Stream">Them.</param>
/// <param name="Response">What they belong to.</param>
internal sealed record HubContent(ContentKind Kind, string? ETag, long Bytes, Stream Stream, HttpResponseMessage Response) : IDisposable
{
    public void Dispose()
    {
        Stream.Dispose();
        Response.Dispose();
    }
}
