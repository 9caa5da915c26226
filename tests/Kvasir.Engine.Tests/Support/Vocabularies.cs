using Kvasir.Grammars;
using Kvasir.Models;

namespace Kvasir.Engine.Tests.Support;

internal static class Vocabularies
{
    /// <summary>The texts of a tokenizer's tokens, in a model's number of rows.</summary>
    public static TokenVocabulary Of(Tokenizer tokenizer, int size) =>
        new(size, token => tokenizer.TokenBytes(token).ToArray(), token => !tokenizer.IsSpecial(token));
}
