using Kvasir.Grammars;

namespace Kvasir.Engine.Sampling;

/// <summary>Keeps an answer within its grammar: forbids tokens before one is chosen. Not thread-safe: one loop's scratch memory.</summary>
internal sealed class GrammarMask(int vocabularySize)
{
    private readonly uint[] _allowed = new uint[(vocabularySize + 31) / 32];

    /// <summary>Sets the logits of tokens that may not come next to minus infinity. Stop tokens may come where the text may end.</summary>
    public void Apply(GrammarMatcher matcher, Span<float> logits, IReadOnlyList<int> stopTokens)
    {
        matcher.FillMask(_allowed);
        if (matcher.CanEnd)
        {
            for (var i = 0; i < stopTokens.Count; i++)
                _allowed[stopTokens[i] / 32] |= 1u << (stopTokens[i] % 32);
        }

        for (var token = 0; token < logits.Length; token++)
        {
            if ((_allowed[token / 32] >> (token % 32) & 1) == 0)
                logits[token] = float.NegativeInfinity;
        }
    }
}
