namespace Kvasir.Engine.Conversations.Parsing;

/// <summary>What a character does to a JSON value.</summary>
internal enum JsonScan
{
    /// <summary>The value goes on.</summary>
    More,

    /// <summary>The value is complete with this character.</summary>
    Done,

    /// <summary>The value was complete before this character, which belongs to what follows.</summary>
    DoneBefore,

    /// <summary>No JSON value goes on like this.</summary>
    Error,
}
