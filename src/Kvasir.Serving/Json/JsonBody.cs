using System.Text.Json;
using Kvasir.Serving.Errors;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Json;

/// <summary>Reads the JSON body of a request.</summary>
internal static class JsonBody
{
    private const int MaxDepth = 96;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = true };

    /// <summary>The body's object. The document is the request's; its memory is given back when the request ends.</summary>
    /// <exception cref="ApiException">The body is no JSON object.</exception>
    /// <exception cref="BadHttpRequestException">The body is too large or breaks off.</exception>
    public static async Task<JsonFields> ReadAsync(HttpContext http)
    {
        try
        {
            var document = await JsonDocument.ParseAsync(http.Request.Body, Options, http.RequestAborted).ConfigureAwait(false);
            http.Response.RegisterForDispose(document);
            return new JsonFields(document.RootElement, "");
        }
        catch (JsonException exception)
        {
            throw ApiException.Invalid(null, $"the body is not valid JSON: {exception.Message}", "invalid_json", exception);
        }
    }
}
