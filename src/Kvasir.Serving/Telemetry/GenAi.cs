using System.Diagnostics;

namespace Kvasir.Serving.Telemetry;

/// <summary>Names of OpenTelemetry's semantic conventions for generative AI.</summary>
internal static class GenAi
{
    public const string Provider = "kvasir";
    public const string Operation = "gen_ai.operation.name";
    public const string RequestModel = "gen_ai.request.model";

    /// <summary>What every measurement carries.</summary>
    public static TagList Tags(string operation, string? model) => new()
    {
        { Operation, operation },
        { "gen_ai.provider.name", Provider },
        { RequestModel, model },
    };
}
