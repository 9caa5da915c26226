using System.Globalization;
using System.Text.Json;
using Kvasir.Serving.Json;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Errors;

/// <summary>Writes errors in the protocol's shape.</summary>
internal static class ErrorBody
{
    /// <summary>Answers with an error; nothing when the response has begun already.</summary>
    public static Task WriteAsync(HttpContext http, ApiException error)
    {
        if (http.Response.HasStarted)
            return Task.CompletedTask;
        http.Response.Clear();
        if (error.RetryAfter is { } retry)
            http.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(retry.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (error.Status == StatusCodes.Status401Unauthorized)
            http.Response.Headers.WWWAuthenticate = "Bearer";
        return JsonResponse.WriteAsync(http, error.Status, json => Write(json, error));
    }

    /// <summary>Writes <c>{"error": …}</c>.</summary>
    public static void Write(Utf8JsonWriter json, ApiException error)
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("message", error.Message);
        json.WriteString("type", error.Type);
        json.WriteString("param", error.Field);
        json.WriteString("code", error.Code);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
