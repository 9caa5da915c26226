namespace Kvasir.Engine.Conversations.Formats;

/// <summary>What a prompt says about reasoning by its last words.</summary>
internal enum PromptReasoning
{
    /// <summary>Nothing: the model may begin to reason.</summary>
    Open,

    /// <summary>It has begun it.</summary>
    Begun,

    /// <summary>It has ended it.</summary>
    Ended,
}
