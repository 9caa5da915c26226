namespace Kvasir.Models;

/// <summary>
/// One step between normalized text and tokens: it cuts or changes a piece and hands what comes of it to the next step, in order. The
/// last step is the model. Immutable; safe for concurrent use.
/// </summary>
internal abstract class WordStep
{
    /// <param name="text">A piece; without unpaired surrogates. Empty pieces are never handed on.</param>
    /// <param name="first">Whether the piece begins where the whole text begins.</param>
    /// <param name="output">Gets the tokens.</param>
    public abstract void Run(ReadOnlySpan<char> text, bool first, List<int> output);
}
