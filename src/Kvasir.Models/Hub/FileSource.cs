using System.Net;
using System.Net.Http.Headers;

namespace Kvasir.Models.Hub;

/// <summary>A file at the hub, part by part. What the hub says about it on the way is compared with what it listed.</summary>
internal sealed class FileSource(HubClient client, HubRevision revision, HubFile file)
{
    private readonly Uri _address = client.FileAddress(revision, file.Path);

    // Where the hub last sent on to: it saves a request a part, until the address expires.
    private volatile Uri? _direct;

    /// <summary>What is loaded, for errors.</summary>
    public string What => $"{revision.Id}: {file.Path}";

    /// <summary>Asks for the bytes <paramref name="first"/> to <paramref name="last"/>.</summary>
    /// <param name="etag">What the content must still be; the server gives the whole file when it is not.</param>
    /// <exception cref="TransientException">It may go well later.</exception>
    /// <exception cref="HubException">The hub refuses, or gives something else than it listed.</exception>
    public async Task<HubContent> OpenAsync(long first, long last, string? etag, ReadDeadline deadline)
    {
        if (_direct is { } direct)
        {
            var response = await SendAsync(direct, first, last, etag, deadline).ConfigureAwait(false);
            if (response.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.Gone))
                return await ContentAsync(response, first, last, deadline).ConfigureAwait(false);
            response.Dispose();
            _direct = null;
        }

        return await ContentAsync(await SendAsync(_address, first, last, etag, deadline).ConfigureAwait(false), first, last, deadline).ConfigureAwait(false);
    }

    private Task<HttpResponseMessage> SendAsync(Uri address, long first, long last, string? etag, ReadDeadline deadline) => client.SendAsync(
        address,
        What,
        request =>
        {
            request.Headers.Range = new RangeHeaderValue(first, last);
            if (etag is not null)
                request.Headers.IfRange = new RangeConditionHeaderValue(EntityTagHeaderValue.Parse(etag));
        },
        (hop, response) =>
        {
            if (client.IsEndpoint(hop))
                Compare(response);
            else if (response.StatusCode is HttpStatusCode.PartialContent or HttpStatusCode.OK)
                _direct = hop;
        },
        deadline);

    /// <summary>The hub's own words about the file: it must still be the listed one.</summary>
    private void Compare(HttpResponseMessage response)
    {
        if (Header(response, "X-Linked-Size") is { } size && long.TryParse(size, out long bytes) && bytes != file.Bytes)
            throw Wrong($"the hub listed {file.Bytes} bytes and now says {bytes}");
        if (Header(response, "X-Repo-Commit") is { } commit && FileDigest.IsHex(commit, 40) && !commit.Equals(revision.Commit, StringComparison.OrdinalIgnoreCase))
            throw Wrong($"the hub was asked for commit {revision.Commit} and answers with {commit}");
        string? tag = Header(response, "X-Linked-ETag")?.Trim('"');
        if (file.Digest.IsLarge && FileDigest.Large(tag) is { } digest && digest != file.Digest)
            throw Wrong($"the hub listed {file.Digest} and now says {digest}");
    }

    private async Task<HubContent> ContentAsync(HttpResponseMessage response, long first, long last, ReadDeadline deadline)
    {
        try
        {
            var kind = Check(response, first, last, out long bytes);
            var tag = response.Headers.ETag is { IsWeak: false } strong ? strong.Tag : null;
            return new HubContent(kind, tag, bytes, await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false), response);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private ContentKind Check(HttpResponseMessage response, long first, long last, out long bytes)
    {
        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent))
            throw response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable ? Wrong($"the server has no bytes {first}–{last}; the hub listed {file.Bytes}") : client.Errors.For(response, revision.Id, What);
        if (response.Content.Headers.ContentEncoding.Any(encoding => encoding != "identity"))
            throw Wrong($"the server packed it ({HubErrors.Printable(string.Join(", ", response.Content.Headers.ContentEncoding), 40)}) without being asked to");
        var length = response.Content.Headers.ContentLength;
        if (response.StatusCode == HttpStatusCode.OK)
        {
            bytes = file.Bytes;
            return length is null || length == file.Bytes ? ContentKind.Whole : throw Wrong($"the server has {length} bytes, the hub listed {file.Bytes}");
        }

        var range = response.Content.Headers.ContentRange;
        if (range is not { Unit: "bytes", From: { } from, To: { } to } || from != first || to < from || to > last)
            throw Wrong($"the server was asked for the bytes {first}–{last} and gives {HubErrors.Printable(range?.ToString() ?? "nothing", 60)}");
        if (range.Length is { } total && total != file.Bytes)
            throw Wrong($"the server has {total} bytes, the hub listed {file.Bytes}");
        bytes = to - from + 1;
        return length is null || length == bytes ? ContentKind.Part : throw Wrong($"the server announces {length} bytes for a part of {bytes}");
    }

    private HubException Wrong(string problem) => new(HubProblem.WrongAnswer, $"{What}: {problem}; try again, or name another revision");

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.First() : null;
}
