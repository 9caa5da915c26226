using System.Net;
using System.Net.Http.Headers;

namespace Kvasir.Models.Hub;

/// <summary>
/// Speaks the protocol of Hugging Face hubs: <c>GET /api/models/ID/revision/REV?blobs=true</c> lists a repository,
/// <c>GET /ID/resolve/COMMIT/FILE</c> gives a file, mostly by sending on to another host. Redirects are followed here and not by the
/// platform, so that the token stays with the endpoint.
/// </summary>
internal sealed class HubClient : IDisposable
{
    private const int MaxRedirects = 8;
    private const int MaxListingBytes = 64 << 20;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(30);

    private readonly HubOptions _options;
    private readonly HttpClient _http;
    private readonly Retries _retries;

    public HubClient(HubOptions options)
    {
        _options = options;
        _retries = new Retries(options);
        SendsToken = options.Token is not null && (options.Endpoint.Scheme == Uri.UriSchemeHttps || options.Endpoint.IsLoopback);
        Errors = new HubErrors(options, SendsToken);
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = ConnectTimeout,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("kvasir", typeof(HubClient).Assembly.GetName().Version?.ToString(3)));
        _http.DefaultRequestHeaders.AcceptEncoding.ParseAdd("identity");
    }

    /// <summary>How refusals are explained.</summary>
    public HubErrors Errors { get; }

    /// <summary>Whether there is a token and the endpoint may have it: not over a connection that others can read.</summary>
    public bool SendsToken { get; }

    /// <summary>Lists a repository at a revision.</summary>
    /// <exception cref="HubException">The hub refuses, does not answer, or its answer makes no sense.</exception>
    public Task<HubRevision> ListAsync(HubReference reference, CancellationToken cancellation)
    {
        string revision = reference.Revision ?? ModelsFolder.DefaultRevision;
        var address = Address($"api/models/{HubPath.Escape(reference.Id)}/revision/{Uri.EscapeDataString(revision)}?blobs=true");
        string what = $"{reference.Id} at {revision}";
        return _retries.RunAsync(
            async stop =>
            {
                using var deadline = new ReadDeadline(_options, what, stop);
                using var response = await SendAsync(address, what, request: null, onHop: null, deadline).ConfigureAwait(false);
                if (response.StatusCode != HttpStatusCode.OK)
                    throw Errors.For(response, reference.Id, what);
                byte[] body = await ReadAsync(response, what, deadline).ConfigureAwait(false);
                try
                {
                    return HubListing.Read(reference.Id, JsonFile.Parse(address.GetLeftPart(UriPartial.Path), body));
                }
                catch (ModelFormatException exception)
                {
                    throw new HubException(HubProblem.WrongAnswer, $"this is no answer of a hub: {exception.Message}; check {HubEnvironment.EndpointVariable}", exception);
                }
            },
            progress: null,
            cancellation);
    }

    /// <summary>The address of a file at a commit.</summary>
    public Uri FileAddress(HubRevision revision, string path) =>
        Address($"{HubPath.Escape(revision.Id)}/resolve/{revision.Commit}/{HubPath.Escape(path)}");

    /// <summary>
    /// Sends a GET and follows redirects. The token goes only to the endpoint's scheme, host and port. The caller disposes the answer,
    /// whatever its status.
    /// </summary>
    /// <param name="address">Where to begin.</param>
    /// <param name="what">What is asked for, for errors.</param>
    /// <param name="request">Adds headers to every hop.</param>
    /// <param name="onHop">Sees every answer with its address, redirects too.</param>
    /// <param name="deadline">Ends a wait that is too long.</param>
    /// <exception cref="TransientException">There was no connection or no answer.</exception>
    /// <exception cref="HubException">Too many redirects, or one to where nothing may be sent.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        Uri address, string what, Action<HttpRequestMessage>? request, Action<Uri, HttpResponseMessage>? onHop, ReadDeadline deadline)
    {
        for (int hop = 0; hop <= MaxRedirects; hop++)
        {
            using var message = new HttpRequestMessage(HttpMethod.Get, address);
            request?.Invoke(message);
            if (SendsToken && IsEndpoint(address))
                message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _options.Token);
            var response = await deadline.RunAsync(token => TrySendAsync(message, what, token)).ConfigureAwait(false);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
            {
                onHop?.Invoke(address, response);
                return response;
            }

            using (response)
            {
                onHop?.Invoke(address, response);
                address = Next(address, response.Headers.Location, what);
            }
        }

        throw new HubException(HubProblem.WrongAnswer, $"{what}: more than {MaxRedirects} redirects, the last to {address.Host}; check {HubEnvironment.EndpointVariable}");
    }

    /// <summary>Whether an address is the endpoint's own scheme, host and port.</summary>
    public bool IsEndpoint(Uri address) =>
        address.Scheme == _options.Endpoint.Scheme && address.Port == _options.Endpoint.Port
        && string.Equals(address.IdnHost, _options.Endpoint.IdnHost, StringComparison.OrdinalIgnoreCase);

    public void Dispose() => _http.Dispose();

    private static Uri Next(Uri from, Uri? location, string what)
    {
        if (location is null || !Uri.TryCreate(from, location, out var next))
            throw new HubException(HubProblem.WrongAnswer, $"{what}: {from.Host} sends on without saying where to");
        if (next.Scheme != Uri.UriSchemeHttps && !(next.Scheme == Uri.UriSchemeHttp && from.Scheme == Uri.UriSchemeHttp))
            throw new HubException(HubProblem.WrongAnswer, $"{what}: {from.Host} sends on to an address of the kind '{next.Scheme}', which is not followed from {from.Scheme}");
        return next;
    }

    private Uri Address(string relative) => new($"{_options.Endpoint.OriginalString.TrimEnd('/')}/{relative}");

    private async Task<HttpResponseMessage> TrySendAsync(HttpRequestMessage message, string what, CancellationToken token)
    {
        try
        {
            return await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, token).ConfigureAwait(false);
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            throw new HubException(HubProblem.Unavailable, $"{what}: no secure connection to {message.RequestUri!.Host}: {exception.InnerException?.Message ?? exception.Message}", exception);
        }
        catch (HttpRequestException exception)
        {
            throw new TransientException($"{what}: {message.RequestUri!.Host} does not answer ({exception.InnerException?.Message ?? exception.Message})", inner: exception);
        }
        catch (OperationCanceledException exception) when (!token.IsCancellationRequested)
        {
            // The handler's own connect timeout.
            throw new TransientException($"{what}: {message.RequestUri!.Host} does not answer", inner: exception);
        }
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, string what, ReadDeadline deadline)
    {
        using var body = new MemoryStream();
        await using var stream = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
        byte[] buffer = new byte[32 << 10];
        int read;
        while ((read = await deadline.ReadAsync(stream, buffer).ConfigureAwait(false)) > 0)
        {
            if (body.Length + read > MaxListingBytes)
                throw new HubException(HubProblem.WrongAnswer, $"{what}: the listing is longer than {MaxListingBytes} bytes");
            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }
}
