using Kvasir.Engine.Blending;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Hosting;

namespace Kvasir.Serving.Completions;

/// <summary>A prompt cut at a separator, as LMCache's blending has it: each piece but the last, which is the question, is a reusable part.</summary>
/// <param name="Tokens">Token ids, the separators' included.</param>
/// <param name="Parts">The pieces, ascending.</param>
internal sealed record SeparatedPrompt(int[] Tokens, IReadOnlyList<ChunkPart> Parts)
{
    /// <summary>Cuts a text. Pieces and separators are tokenised on their own, so that a piece has the same tokens wherever it stands.</summary>
    /// <param name="text">The prompt.</param>
    /// <param name="separator">Stands between the pieces, and stays in the prompt.</param>
    /// <param name="model">The model.</param>
    /// <param name="field">The separator's field, for messages.</param>
    /// <exception cref="ApiException">There are too many pieces.</exception>
    public static SeparatedPrompt Cut(string text, string separator, ModelService model, string field)
    {
        var tokenizer = model.Tokenizer;
        var between = tokenizer.Encode(separator);
        var tokens = new List<int>(model.Engine.Encode(""));
        var parts = new List<ChunkPart>();
        var begin = 0;
        for (var at = Next(); at >= 0; at = Next())
        {
            Add(text[begin..at]);
            tokens.AddRange(between);
            begin = at + separator.Length;
        }

        tokens.AddRange(tokenizer.Encode(text[begin..]));
        return new SeparatedPrompt([.. tokens], parts);

        int Next() => text.IndexOf(separator, begin, StringComparison.Ordinal);

        void Add(string piece)
        {
            var start = tokens.Count;
            tokens.AddRange(tokenizer.Encode(piece));
            if (tokens.Count == start)
                return;
            if (parts.Count == BlendRequest.MaxParts)
                throw ApiException.Invalid(field, $"{field} cuts the prompt into more than {BlendRequest.MaxParts} parts; choose one that is rarer");
            parts.Add(new ChunkPart(start, tokens.Count - start));
        }
    }
}
