using Kvasir.Engine.Requests;
using Kvasir.KvCache.Tiers;
using Kvasir.Models;
using Kvasir.Models.Hub;
using Kvasir.Serving.Configuration;

namespace Kvasir.Cli.Output;

/// <summary>Turns exceptions into one line that says what was wrong and what to do.</summary>
internal static class ErrorReport
{
    /// <summary>Set to 1 to see where an error comes from.</summary>
    public const string DebugVariable = "KVASIR_DEBUG";

    /// <summary>Writes the line and returns the exit code.</summary>
    public static int Write(Exception exception, TextWriter error)
    {
        if (Environment.GetEnvironmentVariable(DebugVariable) == "1")
            error.WriteLine(exception);
        error.WriteLine($"kvasir: {Explain(exception)}");
        return exception is OperationCanceledException ? ExitCode.Interrupted : ExitCode.Failure;
    }

    /// <summary>The first line of a message.</summary>
    public static string FirstLine(string message)
    {
        var end = message.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? message : message[..end];
    }

    private static string Explain(Exception exception) => exception switch
    {
        OperationCanceledException => "cancelled",
        ModelFormatException or UnsupportedModelException or EngineOverloadedException or TierException or HubException => FirstLine(exception.Message),
        EngineFailedException { InnerException: { } cause } => FirstLine($"{exception.Message}: {cause.Message}"),
        FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException or IOException => FirstLine(exception.Message),
        ConfigurationException or InvalidDataException or FormatException or InvalidOperationException or NotSupportedException => FirstLine(exception.Message),
        ArgumentException argument => WithoutParameter(argument),
        OutOfMemoryException => "the machine has not enough memory; lower --kv-budget or --max-context",
        _ => $"unexpected {exception.GetType().Name}: {FirstLine(exception.Message)} (set {DebugVariable}=1 to see where)",
    };

    /// <summary>.NET appends "(Parameter 'x')" to the message; it says nothing to a user.</summary>
    private static string WithoutParameter(ArgumentException exception)
    {
        var message = FirstLine(exception.Message);
        var suffix = $" (Parameter '{exception.ParamName}')";
        if (message.EndsWith(suffix, StringComparison.Ordinal))
            message = message[..^suffix.Length];
        return exception is ArgumentOutOfRangeException { ActualValue: { } value } ? $"{message}, not {value}" : message;
    }
}
