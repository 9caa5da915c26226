using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.Benchmarks.Agents.Suites;

/// <summary>What a stream gave.</summary>
internal sealed class StreamResult
{
    public int Calls { get; set; }

    public int Reused { get; set; }

    /// <summary>Calls that were predicted first, and computed then.</summary>
    public int Doubted { get; set; }

    public long PromptTokens { get; set; }

    public long PredictedTokens { get; set; }

    /// <summary>Reused calls whose answer has the tokens of the dense one.</summary>
    public int Agreeing { get; set; }

    /// <summary>Right answers, and those of dense calls on the same messages.</summary>
    public (int Own, int Dense) Right { get; set; }

    public double KlSum { get; set; }

    /// <summary>Why messages could borrow, or could not.</summary>
    public Dictionary<PredictionOutcome, int> Outcomes { get; } = [];

    public List<double> EntropyShares { get; } = [];

    public List<double> TopWeights { get; } = [];

    /// <summary>Most anchors that a pool held at any time.</summary>
    public int FullestPool { get; set; }

    public long AnchorBytes { get; set; }

    public double ReuseRate => (double)Reused / Calls;

    public double TokenShare => (double)PredictedTokens / PromptTokens;

    public double Agreement => Reused == 0 ? 1 : (double)Agreeing / Reused;

    public double Kl => Reused == 0 ? 0 : KlSum / Reused;
}
