namespace Kvasir.Models;

/// <summary>The expressions of a template.</summary>
internal abstract record JinjaExpression(int Line)
{
    internal sealed record Literal(object? Value, int Line) : JinjaExpression(Line);

    internal sealed record Name(string Id, int Line) : JinjaExpression(Line);

    internal sealed record Member(JinjaExpression Target, JinjaExpression Key, int Line) : JinjaExpression(Line);

    internal sealed record Slice(JinjaExpression Target, JinjaExpression? Start, JinjaExpression? Stop, JinjaExpression? Step, int Line)
        : JinjaExpression(Line);

    internal sealed record Call(JinjaExpression Target, Arguments Given, int Line) : JinjaExpression(Line);

    internal sealed record Filter(JinjaExpression Target, string Id, Arguments Given, int Line) : JinjaExpression(Line);

    internal sealed record Test(JinjaExpression Target, string Id, Arguments Given, bool Negated, int Line) : JinjaExpression(Line);

    internal sealed record Unary(string Operator, JinjaExpression Operand, int Line) : JinjaExpression(Line);

    internal sealed record Binary(string Operator, JinjaExpression Left, JinjaExpression Right, int Line) : JinjaExpression(Line);

    internal sealed record Conditional(JinjaExpression Condition, JinjaExpression Then, JinjaExpression? Else, int Line) : JinjaExpression(Line);

    internal sealed record ListOf(IReadOnlyList<JinjaExpression> Items, int Line) : JinjaExpression(Line);

    internal sealed record DictOf(IReadOnlyList<(JinjaExpression Key, JinjaExpression Value)> Items, int Line) : JinjaExpression(Line);

    /// <summary>An argument that stands for several: a list's items, or a mapping's pairs as named arguments.</summary>
    internal sealed record Spread(JinjaExpression Operand, int Line) : JinjaExpression(Line);

    internal sealed record Arguments(IReadOnlyList<JinjaExpression> Positional, IReadOnlyList<(string Name, JinjaExpression Value)> Named)
    {
        public static readonly Arguments None = new([], []);
    }
}
