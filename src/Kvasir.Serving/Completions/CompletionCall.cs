using Kvasir.Engine.Blending;
using Kvasir.Engine.Sampling;
using Kvasir.Grammars;
using Kvasir.Serving.Requests;

namespace Kvasir.Serving.Completions;

/// <summary>What a completion asks for.</summary>
internal sealed record CompletionCall
{
    /// <summary>The prompts, in tokens; each gets its own answers.</summary>
    public required IReadOnlyList<int[]> Prompts { get; init; }

    /// <summary>The reusable parts of each prompt.</summary>
    public required IReadOnlyList<IReadOnlyList<ChunkPart>> Parts { get; init; }

    public required SamplingOptions Sampling { get; init; }

    public required KvasirFields Kvasir { get; init; }

    public required CompiledGrammar? Grammar { get; init; }

    public int MaxTokens { get; init; }

    public int Choices { get; init; } = 1;

    /// <summary>Whether the prompt's text comes before the answer's.</summary>
    public bool Echo { get; init; }

    public IReadOnlyList<string> Stops { get; init; } = [];

    public bool IgnoreStopTokens { get; init; }

    public int? TopLogprobs { get; init; }
}
