namespace Kvasir.Models;

/// <summary>A decoder's architecture as data.</summary>
public sealed record ModelConfig
{
    /// <summary>The family as files name it: <c>llama</c> or <c>qwen2</c> (a Llama with biases on query, key and value).</summary>
    public required string Architecture { get; init; }

    /// <summary>Rows of the embedding and of the output matrix.</summary>
    public required int VocabSize { get; init; }

    public required int HiddenSize { get; init; }

    public required int Layers { get; init; }

    public required int QueryHeads { get; init; }

    /// <summary>Divides <see cref="QueryHeads"/>.</summary>
    public required int KvHeads { get; init; }

    public required int HeadDim { get; init; }

    /// <summary>Width of the gated feed-forward block.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Positions that the model was made for, tokens.</summary>
    public required int MaxContext { get; init; }

    /// <summary>Epsilon of the RMS norms.</summary>
    public required float NormEpsilon { get; init; }

    public required RopeConfig Rope { get; init; }

    /// <summary>The output matrix is the embedding.</summary>
    public bool TiedEmbeddings { get; init; }

    /// <summary>Query, key and value projections have biases (the output projection's is optional).</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Gate, up and down projections have biases.</summary>
    public bool MlpBias { get; init; }
}
