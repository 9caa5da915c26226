using Kvasir.Engine.Requests;
using Kvasir.Grammars;
using Kvasir.Models;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Errors;

/// <summary>What the rooms below throw, as the protocol says it.</summary>
internal static class ErrorMapping
{
    /// <summary>When to try again where nothing better is known.</summary>
    public static readonly TimeSpan DefaultRetry = TimeSpan.FromSeconds(1);

    /// <summary>The error for a client; what it does not need to know is not in it.</summary>
    public static ApiException ToApi(Exception exception) => exception switch
    {
        ApiException api => api,
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => ApiException.TooLarge(
            "the body is larger than this server accepts; send less or raise limits.maxBody"),
        BadHttpRequestException bad => ApiException.Invalid(null, bad.Message, "invalid_body", bad),
        ContextLengthException context => ApiException.Invalid("messages", context.Message, "context_length_exceeded", context),
        EngineOverloadedException overloaded => ApiException.Unavailable("overloaded", overloaded.Message, DefaultRetry, overloaded),
        QueueTimeoutException waited => ApiException.Unavailable("queue_timeout", waited.Message, DefaultRetry, waited),
        GrammarException grammar => ApiException.Invalid("tools", grammar.Message, "invalid_grammar", grammar),
        ChatTemplateException template => ApiException.Invalid("messages", template.Message, "invalid_messages", template),
        NotSupportedException unsupported => ApiException.Invalid(null, unsupported.Message, "not_supported", unsupported),
        ArgumentException argument => ApiException.Invalid(null, WithoutParameter(argument), cause: argument),
        EngineFailedException failed => ApiException.Failed(failed.Message, failed),
        ObjectDisposedException disposed => ApiException.Unavailable("model_unavailable", "the model was unloaded; try again", DefaultRetry, disposed),
        _ => ApiException.Failed("the server failed; its log says why", exception),
    };

    /// <summary>.NET appends "(Parameter 'x')" to the message; it says nothing to a client.</summary>
    private static string WithoutParameter(ArgumentException exception)
    {
        var suffix = $" (Parameter '{exception.ParamName}')";
        var message = exception.Message;
        return message.EndsWith(suffix, StringComparison.Ordinal) ? message[..^suffix.Length] : message;
    }
}
