namespace Kvasir.Engine.Verification;

/// <summary>
/// What another implementation said about one prompt: the most probable tokens at some positions, and a greedy continuation with
/// the stop tokens suppressed.
/// </summary>
internal sealed record ReferenceLogits
{
    /// <summary>Token ids of the prompt.</summary>
    public required int[] Prompt { get; init; }

    /// <summary>The positions reported, ascending.</summary>
    public required int[] Positions { get; init; }

    /// <summary><c>[positions, k]</c>, most probable first.</summary>
    public required int[][] TopIds { get; init; }

    /// <summary><c>[positions, k]</c>.</summary>
    public required double[][] TopLogits { get; init; }

    /// <summary>ln of the sum of e^logit, <c>[positions]</c>.</summary>
    public required double[] LogSumExp { get; init; }

    /// <summary>Greedy tokens behind the prompt.</summary>
    public required int[] Greedy { get; init; }

    /// <summary>First minus second logit at every greedy token.</summary>
    public required double[] GreedyMargins { get; init; }

    /// <exception cref="InvalidDataException">The file does not fit itself.</exception>
    public static ReferenceLogits Read(string path)
    {
        using var json = ReferenceJson.Open(path);
        var root = json.RootElement;
        var reference = new ReferenceLogits
        {
            Prompt = ReferenceJson.Integers(root, "input_ids", path),
            Positions = ReferenceJson.Integers(root, "positions", path),
            TopIds = ReferenceJson.IntegerRows(root, "top20_ids", path),
            TopLogits = ReferenceJson.NumberRows(root, "top20_logits", path),
            LogSumExp = ReferenceJson.Numbers(root, "logsumexp", path),
            Greedy = ReferenceJson.Integers(root, "greedy_64_end_suppressed", path),
            GreedyMargins = ReferenceJson.Numbers(root, "greedy_margins", path),
        };
        reference.Check(path);
        return reference;
    }

    private void Check(string path)
    {
        var rows = Positions.Length;
        if (TopIds.Length != rows || TopLogits.Length != rows || LogSumExp.Length != rows || GreedyMargins.Length != Greedy.Length)
            throw new InvalidDataException($"{path}: positions, top20_ids, top20_logits and logsumexp, or the greedy lists, differ in length");
        for (var i = 0; i < rows; i++)
        {
            if ((uint)Positions[i] >= (uint)Prompt.Length || (i > 0 && Positions[i] <= Positions[i - 1]))
                throw new InvalidDataException($"{path}: position {Positions[i]} is outside the prompt of {Prompt.Length} tokens or not ascending");
            if (TopIds[i].Length < 2 || TopIds[i].Length != TopLogits[i].Length)
                throw new InvalidDataException($"{path}: row {i} of top20_ids has {TopIds[i].Length} entries, top20_logits {TopLogits[i].Length}");
        }
    }
}
