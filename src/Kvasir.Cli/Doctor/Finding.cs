namespace Kvasir.Cli.Doctor;

/// <summary>What a check found.</summary>
/// <param name="Check">The check's name.</param>
/// <param name="Level">How much it matters.</param>
/// <param name="Found">What is there, with its values.</param>
/// <param name="Advice">What to do; null when nothing is to be done.</param>
internal sealed record Finding(string Check, FindingLevel Level, string Found, string? Advice = null)
{
    /// <summary>The part of the report that it stands in.</summary>
    public string Area { get; init; } = "";
}
