using System.Globalization;

namespace Kvasir.Engine.Requests;

/// <summary>A policy's name and its budget as people write them: <c>name</c>, <c>name:share</c> or <c>name:rows</c>.</summary>
/// <param name="Name">The name.</param>
/// <param name="Rows">Rows, 2 or more; null when not given so.</param>
/// <param name="Share">Share, above 0 and up to 1; null when not given so.</param>
internal readonly record struct BudgetText(string Name, int? Rows, double? Share)
{
    /// <exception cref="FormatException">Says what is wrong with the text.</exception>
    public static BudgetText Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            return new BudgetText(text, null, null);
        var name = text[..colon];
        var number = text.AsSpan(colon + 1);
        if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var rows) && rows > 1)
            return new BudgetText(name, rows, null);
        if (double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is > 0 and <= 1)
            return new BudgetText(name, null, share);
        throw new FormatException($"'{number}' in KV policy '{text}' is neither a share (above 0, up to 1) nor a number of rows; write name:share or name:rows, such as snapkv:0.25");
    }
}
