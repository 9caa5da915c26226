namespace Kvasir.Benchmarks.Peers;

/// <summary>How long a turn took.</summary>
/// <param name="FirstMs">From the start until every answer has its first token.</param>
/// <param name="RestMs">From there to the last token of all.</param>
/// <param name="Tokens">Tokens that came in <paramref name="RestMs"/>.</param>
public readonly record struct TurnTime(double FirstMs, double RestMs, int Tokens)
{
    /// <summary>Tokens a second behind the first.</summary>
    public double DecodeTps => Tokens / (RestMs / 1000);
}
