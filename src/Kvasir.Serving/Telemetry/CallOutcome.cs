namespace Kvasir.Serving.Telemetry;

/// <summary>How a request ended.</summary>
internal enum CallOutcome
{
    /// <summary>With an answer.</summary>
    Finished,

    /// <summary>The server failed.</summary>
    Failed,

    /// <summary>The client went away.</summary>
    Cancelled,

    /// <summary>It was not valid, not allowed, or too much.</summary>
    Refused,
}
