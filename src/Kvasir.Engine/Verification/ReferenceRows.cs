namespace Kvasir.Engine.Verification;

/// <summary>Compares rows of logits with the most probable tokens that a reference lists.</summary>
internal sealed class ReferenceRows(ReferenceLogits reference)
{
    private double _minimum = double.PositiveInfinity;
    private double _maximum = double.NegativeInfinity;
    private int _agreements;

    public int Rows { get; private set; }

    public double MaxAbsDifference { get; private set; }

    public double Range => Rows == 0 ? 0 : _maximum - _minimum;

    public double TopAgreement => Rows == 0 ? 0 : (double)_agreements / Rows;

    /// <summary>Adds the row when the reference reports its position; positions come in ascending order.</summary>
    public void Add(int position, ReadOnlySpan<float> logits)
    {
        if (Rows == reference.Positions.Length || reference.Positions[Rows] != position)
            return;
        var ids = reference.TopIds[Rows];
        var expected = reference.TopLogits[Rows];
        var top = 0;
        for (var i = 0; i < logits.Length; i++)
        {
            _minimum = Math.Min(_minimum, logits[i]);
            _maximum = Math.Max(_maximum, logits[i]);
            top = logits[i] > logits[top] ? i : top;
        }

        for (var i = 0; i < ids.Length; i++)
            Difference(logits[ids[i]] - expected[i]);
        Difference(LogSumExp(logits, logits[top]) - reference.LogSumExp[Rows]);
        _agreements += top == ids[0] || expected[0] - expected[1] < ReferenceVerification.TieMargin ? 1 : 0;
        Rows++;
    }

    private void Difference(double difference) =>
        MaxAbsDifference = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(MaxAbsDifference, Math.Abs(difference));

    private static double LogSumExp(ReadOnlySpan<float> logits, double largest)
    {
        var sum = 0.0;
        foreach (var logit in logits)
            sum += Math.Exp(logit - largest);
        return largest + Math.Log(sum);
    }
}
