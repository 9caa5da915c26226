namespace Kvasir.Engine.Conversations.Parsing;

/// <summary>Why a reader of calls stops for a while.</summary>
internal enum Pause
{
    /// <summary>The text that has come is used up.</summary>
    NeedsMore,
}
