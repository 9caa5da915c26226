namespace Kvasir.Models;

/// <summary>The statements of a template.</summary>
internal abstract record JinjaStatement(int Line)
{
    /// <summary>A name that no template can write.</summary>
    public const string BodyName = "body of a filter";

    internal sealed record Text(string Value, int Line) : JinjaStatement(Line);

    internal sealed record Output(JinjaExpression Value, int Line) : JinjaStatement(Line);

    /// <summary>Branches in order; the one with a null condition is else.</summary>
    internal sealed record If(IReadOnlyList<(JinjaExpression? Condition, IReadOnlyList<JinjaStatement> Body)> Branches, int Line) : JinjaStatement(Line);

    internal sealed record For(
        IReadOnlyList<string> Targets,
        JinjaExpression Items,
        JinjaExpression? Condition,
        IReadOnlyList<JinjaStatement> Body,
        IReadOnlyList<JinjaStatement> Else,
        int Line) : JinjaStatement(Line);

    /// <summary>With an attribute, sets a field of a namespace.</summary>
    internal sealed record Set(IReadOnlyList<string> Targets, string? Attribute, JinjaExpression Value, int Line) : JinjaStatement(Line);

    /// <summary>A name for the text of a body, filtered if there is a filter.</summary>
    internal sealed record SetBlock(string Target, IReadOnlyList<JinjaStatement> Body, JinjaExpression? Filtered, int Line) : JinjaStatement(Line);

    /// <summary>The text of a body, filtered; the expression sees it as <see cref="BodyName"/>.</summary>
    internal sealed record FilterBlock(IReadOnlyList<JinjaStatement> Body, JinjaExpression Filtered, int Line) : JinjaStatement(Line);

    internal sealed record Macro(
        string Name, IReadOnlyList<(string Name, JinjaExpression? Default)> Parameters, IReadOnlyList<JinjaStatement> Body, int Line)
        : JinjaStatement(Line);

    /// <summary>A macro's call with a body, which the macro gets as <c>caller</c>.</summary>
    internal sealed record CallBlock(
        JinjaExpression.Call Call, IReadOnlyList<(string Name, JinjaExpression? Default)> Parameters, IReadOnlyList<JinjaStatement> Body, int Line)
        : JinjaStatement(Line);

    /// <summary>A body that is run as it stands (<c>generation</c>).</summary>
    internal sealed record Block(IReadOnlyList<JinjaStatement> Body, int Line) : JinjaStatement(Line);

    internal sealed record Break(int Line) : JinjaStatement(Line);

    internal sealed record Continue(int Line) : JinjaStatement(Line);
}
