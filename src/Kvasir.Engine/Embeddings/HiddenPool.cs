using Kvasir.Engine.Requests;
using Kvasir.Models;

namespace Kvasir.Engine.Embeddings;

/// <summary>
/// Takes up the hidden states of a sequence as its steps give them. The sum is carried from position to position, each added once and in
/// order, so its bits depend neither on the chunks nor on preemptions.
/// </summary>
internal sealed class HiddenPool(EmbeddingPooling pooling, int width)
{
    private readonly double[] _sum = new double[width];

    /// <summary>True when the states of all positions are wanted, not only the last one's.</summary>
    public bool WantsEveryRow => pooling == EmbeddingPooling.Mean;

    /// <summary>Positions taken up so far. Their rows need not be computed again but for their keys and values.</summary>
    public int Rows { get; private set; }

    /// <summary>Takes up the state of a position; one that was taken up before a preemption is passed over.</summary>
    public void Add(int position, ReadOnlySpan<float> hidden)
    {
        if (WantsEveryRow && position != Rows)
        {
            if (position < Rows)
                return;
            throw new InvalidOperationException($"the hidden state of position {position} came, {Rows} was to be next");
        }

        Rows = position + 1;
        for (var i = 0; i < hidden.Length; i++)
            _sum[i] += hidden[i];
    }

    /// <summary>The vector.</summary>
    /// <param name="normalize">Whether it is scaled to Euclidean length 1.</param>
    /// <param name="dimensions">Values wanted, the first ones; all when null.</param>
    /// <exception cref="EngineFailedException">A value is not finite.</exception>
    public float[] ToVector(bool normalize, int? dimensions = null)
    {
        var wanted = _sum.AsSpan(0, dimensions ?? _sum.Length);
        var divisor = WantsEveryRow ? (double)Rows : 1;
        if (normalize)
        {
            var squares = 0.0;
            foreach (var value in wanted)
                squares += value * value;
            divisor = squares > 0 ? Math.Sqrt(squares) : 1;
        }

        var vector = new float[wanted.Length];
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = (float)(wanted[i] / divisor);
            if (!float.IsFinite(vector[i]))
                throw new EngineFailedException($"value {i} of the embedding is {vector[i]}: the model computed no finite number");
        }

        return vector;
    }
}
