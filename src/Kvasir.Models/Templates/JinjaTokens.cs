using System.Runtime.CompilerServices;

namespace Kvasir.Models;

/// <summary>The parser's place in the token list.</summary>
internal sealed class JinjaTokens(List<JinjaToken> tokens)
{
    private const int MaxDepth = 128;

    private int _at;
    private int _depth;

    public JinjaToken Current => tokens[_at];

    public JinjaToken Next => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    public JinjaToken Take()
    {
        var token = tokens[_at];
        if (_at < tokens.Count - 1)
            _at++;
        return token;
    }

    public bool TryTake(string op)
    {
        if (!Current.Is(op))
            return false;
        Take();
        return true;
    }

    public bool TryTakeName(string name)
    {
        if (!Current.IsName(name))
            return false;
        Take();
        return true;
    }

    public void Expect(string op)
    {
        if (!TryTake(op))
            throw Error($"'{op}' was expected");
    }

    public void Expect(JinjaTokenKind kind)
    {
        if (Current.Kind != kind)
            throw Error($"{kind} was expected");
        Take();
    }

    public string TakeName() => Current.Kind == JinjaTokenKind.Name ? Take().Text : throw Error("a name was expected");

    /// <summary>Guards recursion; paired with <see cref="Leave"/>.</summary>
    public void Enter()
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (++_depth > MaxDepth)
            throw Error($"nested deeper than {MaxDepth}");
    }

    public void Leave() => _depth--;

    public ChatTemplateException Error(string problem) =>
        new($"line {Current.Line}: {problem}, found {(Current.Text.Length > 0 ? $"\"{Current.Text}\"" : Current.Kind.ToString())}");
}
