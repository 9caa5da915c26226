namespace Kvasir.Engine.Requests;

/// <summary>Why an answer ended.</summary>
public enum FinishReason
{
    /// <summary>A stop token or a stop string.</summary>
    Stop,

    /// <summary>The request's or the context's limit of tokens.</summary>
    Length,

    /// <summary>Cancelled by the caller.</summary>
    Cancelled,

    /// <summary>The engine failed; see the exception.</summary>
    Failed,
}
