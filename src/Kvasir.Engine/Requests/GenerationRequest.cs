using System.Collections.Frozen;
using Kvasir.Engine.Blending;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Policies;
using Kvasir.Engine.Reading;
using Kvasir.Engine.Sampling;
using Kvasir.Grammars;

namespace Kvasir.Engine.Requests;

/// <summary>One request: a prompt and how to answer it.</summary>
public sealed record GenerationRequest
{
    /// <summary>Most alternatives that <see cref="TopLogprobs"/> reports.</summary>
    public const int MaxTopLogprobs = 20;

    /// <summary>Most answers to one prompt.</summary>
    public const int MaxChoices = 128;

    /// <summary>Token ids of the prompt; at least one.</summary>
    public required ReadOnlyMemory<int> Prompt { get; init; }

    /// <summary>Most tokens of an answer; what the context leaves when null.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>How tokens are chosen.</summary>
    public SamplingOptions Sampling { get; init; } = SamplingOptions.Greedy;

    /// <summary>Number of answers, 1 to 128. They share the prompt's rows by copy-on-write.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>Texts that end an answer; they are not part of it.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Tokens that end an answer, instead of the model's own.</summary>
    public IReadOnlyList<int>? StopTokens { get; init; }

    /// <summary>True when the model's stop tokens do not end an answer (benchmarks).</summary>
    public bool IgnoreStopTokens { get; init; }

    /// <summary>What the answer's text must be; null when it is free. Its vocabulary is the model's. The answer ends where nothing can follow.</summary>
    public CompiledGrammar? Grammar { get; init; }

    /// <summary>
    /// True to append what <see cref="Grammar"/> leaves no choice about at once, without sampling it. It is off by itself where every
    /// token's logits are wanted (log-probabilities, receipts) or changed by a bias.
    /// </summary>
    public bool JumpForward { get; init; } = true;

    /// <summary>Special tokens that count as text: they are in the answer's text and may be part of a stop string. Tokens that end an answer still do.</summary>
    public IReadOnlySet<int> KeepSpecialTokens { get; init; } = FrozenSet<int>.Empty;

    /// <summary>Null for no log-probabilities, otherwise how many of the most probable tokens are reported beside the chosen one (0 to 20).</summary>
    public int? TopLogprobs { get; init; }

    /// <summary>Secret of the tenant: only requests with the same salt share KV. Empty is the public scope.</summary>
    public ReadOnlyMemory<byte> CacheSalt { get; init; }

    /// <summary>False to compute the whole prompt and leave nothing in the prefix cache (a cold run).</summary>
    public bool UsePrefixCache { get; init; } = true;

    /// <summary>False to use what the prefix cache has and to leave nothing of this request in it.</summary>
    public bool StorePrefix { get; init; } = true;

    /// <summary>True to record a digest of every logits row, for a receipt.</summary>
    public bool WantReceipt { get; init; }

    /// <summary>
    /// How long the request may wait for its first step; without limit when null. Its readers then see <see cref="QueueTimeoutException"/>.
    /// A preempted answer is not affected.
    /// </summary>
    public TimeSpan? QueueTimeout { get; init; }

    /// <summary>Name of a loaded adapter, or null for the bare model.</summary>
    public string? Adapter { get; init; }

    /// <summary>Tokens that the answer consists of, whatever the logits say (replays); null to sample. As many as MaxTokens.</summary>
    internal ReadOnlyMemory<int>? Continuation { get; init; }

    /// <summary>Reuse of parts of the prompt that are not its prefix, or null for exact reuse only.</summary>
    public BlendRequest? Blending { get; init; }

    /// <summary>Rows that need not be computed because the request brings them along; null for none.</summary>
    public IGivenRows? Given { get; init; }

    /// <summary>Looks at the rows when the first answer has ended; null for nobody.</summary>
    public IRowCapture? Capture { get; init; }

    /// <summary>A smaller KV cache, or null for all rows.</summary>
    public KvCompression? Compression { get; init; }

    /// <summary>Reads fewer rows than are kept, or null to read all.</summary>
    public SparseReading? Reading { get; init; }

    /// <summary>Makes the layer policy of each sequence, or null for none.</summary>
    public Func<ILayerPolicy>? LayerPolicy { get; init; }
}
