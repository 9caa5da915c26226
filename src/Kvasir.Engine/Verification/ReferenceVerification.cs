using Kvasir.Engine.Loading;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Verification;

/// <summary>
/// Compares a model with a reference file: the most probable tokens' logits at some positions, first choices, and the greedy
/// continuation.
/// </summary>
public static class ReferenceVerification
{
    /// <summary>Where the reference's first two logits are nearer than this, either choice is right, and what follows it is not compared.</summary>
    public const double TieMargin = 1e-3;

    /// <summary>Runs the reference's prompt cold with binary32 KV.</summary>
    /// <exception cref="InvalidDataException">The reference does not fit itself or the model.</exception>
    public static VerificationReport Run(
        string modelPath, string referencePath, EngineOptions? options = null, CancellationToken cancellation = default)
    {
        var reference = ReferenceLogits.Read(referencePath);
        using var model = LoadedModel.Open(modelPath, (options ?? new EngineOptions()) with { KvType = KvDataType.F32 });
        CheckTokens(reference, model.Config.VocabSize, referencePath);
        var length = reference.Prompt.Length + reference.Greedy.Length;
        if (length > model.MaxContext)
            throw new InvalidDataException($"{referencePath}: {length} tokens exceed the context of {model.MaxContext}");

        using var run = new ColdRun(model, length);
        var rows = new ReferenceRows(reference);
        var greedy = new int[length];
        reference.Prompt.CopyTo(greedy, 0);
        var computed = reference.Prompt.Length;
        var next = 0;
        run.Extend(
            reference.Prompt,
            (position, logits) =>
            {
                rows.Add(position, logits);
                next = Choose(logits, model.File.StopTokens);
            },
            cancellation);

        var compared = 0;
        var equal = 0;
        while (compared < reference.Greedy.Length && reference.GreedyMargins[compared] >= TieMargin)
        {
            equal += next == reference.Greedy[compared] ? 1 : 0;
            greedy[computed++] = reference.Greedy[compared++];
            if (compared < reference.Greedy.Length)
                run.Extend(greedy.AsSpan(0, computed), (_, logits) => next = Choose(logits, model.File.StopTokens), cancellation);
        }

        return new VerificationReport
        {
            Architecture = model.Config.Architecture,
            Rows = rows.Rows,
            MaxAbsDiff = rows.MaxAbsDifference,
            LogitRange = rows.Range,
            Top1Agreement = rows.TopAgreement,
            GreedyCompared = compared,
            GreedyEqual = equal,
            Pass = rows.MaxAbsDifference <= VerificationReport.Tolerance * rows.Range && rows.TopAgreement == 1 && equal == compared,
        };
    }

    private static void CheckTokens(ReferenceLogits reference, int vocabulary, string path)
    {
        foreach (var token in reference.Prompt.Concat(reference.Greedy).Concat(reference.TopIds.SelectMany(row => row)))
        {
            if ((uint)token >= (uint)vocabulary)
                throw new InvalidDataException($"{path}: token {token} is outside the model's vocabulary of {vocabulary}");
        }
    }

    private static int Choose(ReadOnlySpan<float> logits, IReadOnlyList<int> suppressed)
    {
        var best = -1;
        for (var i = 0; i < logits.Length; i++)
        {
            if ((best < 0 || logits[i] > logits[best]) && !suppressed.Contains(i))
                best = i;
        }

        return best;
    }
}
