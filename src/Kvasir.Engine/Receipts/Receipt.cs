using System.Text.Json;
using System.Text.Json.Serialization;
using Kvasir.Engine.Plans;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;

namespace Kvasir.Engine.Receipts;

/// <summary>
/// What an answer was computed from and a digest of every logits row, so that it can be run again cold and compared bit by bit.
/// Holds the prompt and the answer as token ids: keep it as confidential as they are.
/// </summary>
public sealed record Receipt
{
    /// <summary>The version of this format.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Format version.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Fingerprint of the model, hexadecimal.</summary>
    public required string Model { get; init; }

    /// <summary>The numerics profile that the bits belong to.</summary>
    public required string NumericsProfile { get; init; }

    /// <summary>The context that the engine was set up with.</summary>
    public required int MaxContext { get; init; }

    /// <summary>How keys and values were stored.</summary>
    public required string KvType { get; init; }

    /// <summary>The adapter, or null for the bare model.</summary>
    public ReceiptAdapter? Adapter { get; init; }

    /// <summary>Token ids of the prompt.</summary>
    public required IReadOnlyList<int> Prompt { get; init; }

    /// <summary>Where the prompt's rows came from.</summary>
    public required IReadOnlyList<PlanSpan> Spans { get; init; }

    /// <summary>How tokens were chosen.</summary>
    public required SamplingOptions Sampling { get; init; }

    /// <summary>The answer's number.</summary>
    public required int Choice { get; init; }

    /// <summary>
    /// True when a grammar bound the answer. The receipt does not hold the grammar, so a replay takes the tokens as they are and compares
    /// the logits, which are the model's own: from before the grammar.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Constrained { get; init; }

    /// <summary>Token ids of the answer.</summary>
    public required IReadOnlyList<int> Tokens { get; init; }

    /// <summary>XxHash3 of the logits row that each token (and the stop token, if one ended the answer) was chosen from.</summary>
    public required IReadOnlyList<string> LogitDigests { get; init; }

    /// <summary>Why the answer ended.</summary>
    public required FinishReason Finish { get; init; }

    /// <summary>Reads a receipt.</summary>
    /// <exception cref="InvalidDataException">The text is no receipt of this version.</exception>
    public static Receipt Parse(string json)
    {
        Receipt? receipt;
        try
        {
            receipt = JsonSerializer.Deserialize(json, ReceiptJson.Default.Receipt);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"not a receipt: {exception.Message}", exception);
        }

        if (receipt is null || receipt.Version != CurrentVersion)
            throw new InvalidDataException($"receipt version {receipt?.Version} is not {CurrentVersion}, which this program reads");
        if (receipt.Prompt is not { Count: > 0 } || receipt.Tokens is null || receipt.LogitDigests is null || receipt.Sampling is null)
            throw new InvalidDataException("receipt lacks its prompt, tokens, digests or sampling options");
        return receipt;
    }

    /// <summary>Writes the receipt as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ReceiptJson.Default.Receipt);

    /// <summary>Writes the receipt as a value of a larger document.</summary>
    public void WriteTo(Utf8JsonWriter writer) => JsonSerializer.Serialize(writer, this, ReceiptJson.Default.Receipt);
}
