namespace Kvasir.Tests.Shared.Hub;

/// <summary>A request that came to the local hub.</summary>
/// <param name="Host">"hub", or "cdn" where it sends on to.</param>
/// <param name="Target">Path and query.</param>
/// <param name="Headers">By their names in lower case.</param>
public sealed record HubRequest(string Host, string Target, IReadOnlyDictionary<string, string> Headers)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>The range that is asked for; null when none is.</summary>
    public (long First, long Last)? Range
    {
        get
        {
            if (Header("range") is not { } range || !range.StartsWith("bytes=", StringComparison.Ordinal))
                return null;
            var ends = range["bytes=".Length..].Split('-');
            return (long.Parse(ends[0], System.Globalization.CultureInfo.InvariantCulture), long.Parse(ends[1], System.Globalization.CultureInfo.InvariantCulture));
        }
    }
}
