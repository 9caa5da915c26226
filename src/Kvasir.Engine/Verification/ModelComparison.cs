using Kvasir.Engine.Loading;

namespace Kvasir.Engine.Verification;

/// <summary>
/// Compares two models of one vocabulary on texts under teacher forcing: both read the reference text, and at every position their
/// distributions of the next token are compared. What it costs to quantise, for example.
/// </summary>
public static class ModelComparison
{
    /// <summary>Rows of logits held at a time.</summary>
    private const int Chunk = 64;

    /// <summary>Longest piece of a text that is read at once, tokens; longer texts are cut.</summary>
    public const int Window = 1024;

    /// <summary>Compares <paramref name="modelPath"/> with <paramref name="referencePath"/>, whose tokenizer cuts the texts.</summary>
    /// <param name="modelPath">The model under test.</param>
    /// <param name="referencePath">The model it is measured by.</param>
    /// <param name="texts">Each is read on its own.</param>
    /// <param name="maxTokens">Stops after so many tokens.</param>
    /// <param name="options">Set-up of both.</param>
    /// <param name="progress">Gets the tokens compared so far.</param>
    /// <param name="cancellation">Ends the comparison.</param>
    /// <exception cref="InvalidDataException">The vocabularies differ, or the texts are too short.</exception>
    public static ModelComparisonReport Run(
        string modelPath,
        string referencePath,
        IReadOnlyList<string> texts,
        long maxTokens = long.MaxValue,
        EngineOptions? options = null,
        IProgress<long>? progress = null,
        CancellationToken cancellation = default)
    {
        options ??= new EngineOptions();
        using var model = LoadedModel.Open(modelPath, options);
        using var reference = LoadedModel.Open(referencePath, options);
        if (model.Config.VocabSize != reference.Config.VocabSize)
            throw new InvalidDataException($"{modelPath} has {model.Config.VocabSize} tokens, {referencePath} {reference.Config.VocabSize}; compare models of one vocabulary");
        var tokenizer = reference.File.Tokenizer ?? model.File.Tokenizer
            ?? throw new InvalidDataException($"neither {modelPath} nor {referencePath} has a tokenizer; the text cannot be cut into tokens");

        var window = Math.Min(Window, Math.Min(model.MaxContext, reference.MaxContext));
        using var run = new ColdRun(model, window, Chunk);
        using var referenceRun = new ColdRun(reference, window, Chunk);
        var comparison = new PairedRows(run, referenceRun, reference.Config.VocabSize, Chunk);
        foreach (var piece in Pieces(texts, tokenizer, window))
        {
            if (comparison.Rows >= maxTokens)
                break;
            comparison.Read(piece.AsMemory(0, (int)Math.Min(piece.Length, Math.Max(2, maxTokens - comparison.Rows))), cancellation);
            progress?.Report(comparison.Rows);
        }

        if (comparison.Rows == 0)
            throw new InvalidDataException("the texts have no two tokens to compare; give a longer text");
        return comparison.Report(model.Config.Architecture);
    }

    private static IEnumerable<int[]> Pieces(IReadOnlyList<string> texts, Kvasir.Models.Tokenizer tokenizer, int window)
    {
        int[] begin = tokenizer.BosId is { } bos ? [bos] : [];
        foreach (var text in texts)
        {
            var ids = tokenizer.Encode(text, parseSpecial: false).Where(id => !begin.Contains(id));
            foreach (var piece in ids.Chunk(window - begin.Length))
            {
                if (piece.Length > 1)
                    yield return [.. begin, .. piece];
            }
        }
    }
}
