namespace Kvasir.Benchmarks.Rag.Suites;

/// <summary>What a way of answering cost over a trace.</summary>
internal sealed class TraceTotals
{
    public int Requests { get; set; }

    public int Right { get; set; }

    public long TokenLayers { get; set; }

    public double TtftMs { get; set; }

    public long RepairTokenLayers { get; set; }

    public long TerminatedTokenLayers { get; set; }

    public long ReusedTokens { get; set; }

    public long RepairedTokens { get; set; }

    public double Exact => (double)Right / Requests;

    public void Add(RagSession session, RagAnswer answer, bool right)
    {
        var statistics = answer.Answer.Statistics;
        Requests++;
        Right += right ? 1 : 0;
        TokenLayers += session.TokenLayers(answer.Answer);
        TtftMs += answer.TtftMs;
        ReusedTokens += statistics.Blend?.BlendedTokens ?? statistics.ReusedTokens;
        RepairedTokens += statistics.Blend?.RepairedTokens ?? 0;
        RepairTokenLayers += statistics.Blend?.RepairTokenLayers ?? 0;
        TerminatedTokenLayers += statistics.Blend?.TerminatedTokenLayers ?? 0;
    }
}
