namespace Kvasir.Engine.Verification;

/// <summary>Two models reading the same tokens; compares their logits row by row and sums each one's -ln p of the text.</summary>
internal sealed class PairedRows(ColdRun model, ColdRun reference, int vocabulary, int chunk)
{
    private readonly LogitComparison _comparison = new();
    private readonly float[] _expected = new float[(long)chunk * vocabulary];
    private double _modelLoss;
    private double _referenceLoss;
    private long _predicted;

    /// <summary>Rows compared.</summary>
    public long Rows => _comparison.Rows;

    /// <summary>Compares one text, alone.</summary>
    public void Read(ReadOnlyMemory<int> tokens, CancellationToken cancellation)
    {
        model.Reset();
        reference.Reset();
        for (var first = 0; first < tokens.Length; first += chunk)
        {
            var part = tokens[..Math.Min(tokens.Length, first + chunk)];
            var start = first;
            reference.Extend(part.Span, (position, logits) => logits.CopyTo(Row(position - start)), cancellation);
            model.Extend(part.Span, (position, logits) => Compare(tokens.Span, position, Row(position - start), logits), cancellation);
        }
    }

    public ModelComparisonReport Report(string architecture) => new()
    {
        Architecture = architecture,
        Rows = _comparison.Rows,
        MaxAbsDiff = _comparison.MaxAbsDifference,
        LogitRange = _comparison.Range,
        Top1Agreement = _comparison.TopAgreement,
        MeanKl = _comparison.MeanDivergence,
        Perplexity = Math.Exp(_modelLoss / _predicted),
        ReferencePerplexity = Math.Exp(_referenceLoss / _predicted),
    };

    private Span<float> Row(int index) => _expected.AsSpan(index * vocabulary, vocabulary);

    private void Compare(ReadOnlySpan<int> tokens, int position, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        _comparison.Add(expected, actual);
        if (position + 1 >= tokens.Length)
            return;
        _modelLoss -= Perplexity.LogProbability(actual, tokens[position + 1]);
        _referenceLoss -= Perplexity.LogProbability(expected, tokens[position + 1]);
        _predicted++;
    }
}
