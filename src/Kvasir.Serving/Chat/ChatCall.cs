using Kvasir.Engine.Conversations;
using Kvasir.Engine.Sampling;
using Kvasir.Serving.Requests;

namespace Kvasir.Serving.Chat;

/// <summary>What a chat or a response asks for, whichever protocol said it.</summary>
internal sealed record ChatCall
{
    public required ConversationRequest Conversation { get; init; }

    public required SamplingOptions Sampling { get; init; }

    public required KvasirFields Kvasir { get; init; }

    public int? MaxTokens { get; init; }

    public int Choices { get; init; } = 1;

    public IReadOnlyList<string> Stops { get; init; } = [];

    public bool IgnoreStopTokens { get; init; }

    /// <summary>As in the engine's request: null for no log-probabilities.</summary>
    public int? TopLogprobs { get; init; }
}
