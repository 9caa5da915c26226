using System.Globalization;

namespace Kvasir.Benchmarks.Peers;

/// <summary>One check that every contestant does in turns.</summary>
/// <param name="Kind">What is timed.</param>
/// <param name="Size">Tokens of the prompt, tokens of the context, or sequences of the batch.</param>
internal sealed record TurnCheck(CheckKind Kind, int Size)
{
    /// <summary>Tokens of a prompt of a batch.</summary>
    private const int BatchPrompt = 8;

    /// <summary>
    /// All of them, in the order of running: a decode check follows the prefill check that leaves its context behind.
    /// </summary>
    public static IReadOnlyList<TurnCheck> All { get; } =
    [
        new(CheckKind.Prefill, 128), new(CheckKind.Prefill, 512), new(CheckKind.Decode, 0),
        new(CheckKind.Batch, 1), new(CheckKind.Batch, 4), new(CheckKind.Batch, 16),
        new(CheckKind.Prefill, 2048), new(CheckKind.Decode, 2048),
        new(CheckKind.Prefill, 8192), new(CheckKind.Decode, 8192),
    ];

    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Kind switch { CheckKind.Prefill => "prefill", CheckKind.Decode => "decode", _ => "decodeBatch" }}{Size}");

    /// <summary>Tokens that its timed part yields: all of the prompt, or one of each sequence.</summary>
    public int TokensPerStep(Turn turn) => Kind == CheckKind.Prefill ? turn.PromptTokens : turn.Prompts.Count;

    /// <summary>Whether a model with this context can do it.</summary>
    public bool Fits(int maxContext) => Kind == CheckKind.Batch || Size <= maxContext;

    /// <summary>Tokens that a sequence needs room for.</summary>
    public int Needed(int answer) => Kind switch
    {
        CheckKind.Prefill => Size + 1,
        CheckKind.Decode => Math.Max(Size, 1) + answer + 1,
        _ => BatchPrompt + answer + 1,
    };

    /// <summary>Its turn. Where prompt and answer together are longer than the context, the prompt is as much shorter.</summary>
    /// <param name="answer">Timed tokens of an answer.</param>
    /// <param name="context">Most tokens of a sequence.</param>
    public Turn Turn(int answer, int threads, int context, int vocabSize) => Kind switch
    {
        CheckKind.Prefill => new Turn([PromptTokens.Of(Math.Min(Size, context - 1), vocabSize)], 1, threads, Reuse: false),
        CheckKind.Decode => new Turn([PromptTokens.Of(Math.Clamp(Size, 1, context - answer - 1), vocabSize)], answer + 1, threads, Reuse: true),
        _ => new Turn([.. Enumerable.Range(1, Size).Select(number => PromptTokens.Of(BatchPrompt, vocabSize, number))], answer + 1, threads, Reuse: true),
    };

    /// <summary>Tokens a second.</summary>
    public double Rate(Turn turn, TurnTime time) => Kind == CheckKind.Prefill ? turn.PromptTokens / (time.FirstMs / 1000) : time.DecodeTps;

    /// <summary>What a step of it asks of the machine.</summary>
    public ModelWork Work(ModelShape shape, Turn turn) => Kind == CheckKind.Prefill ? shape.Prefill(turn.PromptTokens) : shape.DecodeStep(turn.Prompts.Count);
}
