namespace Kvasir.Serving.Responses;

/// <summary>What an item of a response's output is.</summary>
internal enum ResponseItemKind
{
    /// <summary>A message of the assistant.</summary>
    Message,

    /// <summary>Its reasoning before.</summary>
    Reasoning,

    /// <summary>A call of a function.</summary>
    FunctionCall,
}
