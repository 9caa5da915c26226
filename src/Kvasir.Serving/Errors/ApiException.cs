using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Errors;

/// <summary>A request that is answered with an error of the OpenAI protocol.</summary>
internal sealed class ApiException : Exception
{
    private ApiException(int status, string type, string code, string message, string? field = null, TimeSpan? retryAfter = null, Exception? cause = null)
        : base(message, cause)
    {
        Status = status;
        Type = type;
        Code = code;
        Field = field;
        RetryAfter = retryAfter;
    }

    /// <summary>HTTP status.</summary>
    public int Status { get; }

    /// <summary>The class of the error, e.g. <c>invalid_request_error</c>.</summary>
    public string Type { get; }

    /// <summary>The error for programs, e.g. <c>model_not_found</c>.</summary>
    public string Code { get; }

    /// <summary>The field of the request that is wrong, or null.</summary>
    public string? Field { get; }

    /// <summary>When to try again, or null.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>400: a field is wrong.</summary>
    public static ApiException Invalid(string? field, string message, string code = "invalid_value", Exception? cause = null) =>
        new(StatusCodes.Status400BadRequest, "invalid_request_error", code, message, field, cause: cause);

    /// <summary>401: no key, or one that is not known.</summary>
    public static ApiException Unauthorized(string message) =>
        new(StatusCodes.Status401Unauthorized, "invalid_request_error", "invalid_api_key", message);

    /// <summary>403: the key may not do this.</summary>
    public static ApiException Forbidden(string? field, string message) =>
        new(StatusCodes.Status403Forbidden, "permission_error", "permission_denied", message, field);

    /// <summary>404: what the request names is not there.</summary>
    public static ApiException NotFound(string? field, string code, string message) =>
        new(StatusCodes.Status404NotFound, "invalid_request_error", code, message, field);

    /// <summary>409: what the request asks for collides with what is there.</summary>
    public static ApiException Conflict(string? field, string message) =>
        new(StatusCodes.Status409Conflict, "invalid_request_error", "conflict", message, field);

    /// <summary>413: the body is too large.</summary>
    public static ApiException TooLarge(string message) =>
        new(StatusCodes.Status413PayloadTooLarge, "invalid_request_error", "request_too_large", message);

    /// <summary>429: the tenant has too many requests under way.</summary>
    public static ApiException TooMany(string message, TimeSpan retryAfter) =>
        new(StatusCodes.Status429TooManyRequests, "rate_limit_error", "rate_limit_exceeded", message, retryAfter: retryAfter);

    /// <summary>503: the server cannot take the request now.</summary>
    public static ApiException Unavailable(string code, string message, TimeSpan retryAfter, Exception? cause = null) =>
        new(StatusCodes.Status503ServiceUnavailable, "server_error", code, message, retryAfter: retryAfter, cause: cause);

    /// <summary>500: the server failed.</summary>
    public static ApiException Failed(string message, Exception? cause = null) =>
        new(StatusCodes.Status500InternalServerError, "server_error", "internal_error", message, cause: cause);
}
