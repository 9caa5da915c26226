namespace Kvasir.Engine.Requests;

/// <summary>A step failed; the answers that were in it are lost, the cause is the inner exception.</summary>
public sealed class EngineFailedException(string message, Exception? cause = null) : InvalidOperationException(message, cause);
