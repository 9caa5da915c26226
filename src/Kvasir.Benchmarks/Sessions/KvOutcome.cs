using Kvasir.Benchmarks.Measures;

namespace Kvasir.Benchmarks.Sessions;

/// <summary>How a way of keeping keys and values did, a value a case.</summary>
/// <param name="Method">The way.</param>
/// <param name="Bytes">Bytes of the contexts, scales and indices included, as a share of the whole cache in 16 bits.</param>
/// <param name="Kl">Divergence from the whole cache while both read the answer, mean nats a token.</param>
/// <param name="Agreement">Share of the answer's tokens with the same most probable one.</param>
/// <param name="Rows">Rows of a context that a decode step reads.</param>
/// <param name="Contexts">Tokens of a context.</param>
/// <param name="Tokens">Tokens of the answers, over all cases.</param>
internal sealed record KvOutcome(KvMethod Method, double[] Bytes, double[] Kl, double[] Agreement, double[] Rows, int[] Contexts, int Tokens)
{
    /// <summary>Mean share of the bytes.</summary>
    public double Share => Bytes.Average();

    /// <summary>Mean share of the rows.</summary>
    public double RowShare => Rows.Zip(Contexts, (rows, context) => rows / context).Average();

    /// <summary>Mean divergence over the cases.</summary>
    public Interval MeanKl => Interval.Of(Kl);

    /// <summary>Mean agreement over the cases.</summary>
    public Interval MeanAgreement => Interval.Of(Agreement);
}
