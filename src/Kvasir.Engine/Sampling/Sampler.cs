using System.Numerics;
using Kvasir.Numerics;

namespace Kvasir.Engine.Sampling;

/// <summary>Chooses tokens from logits. Not thread-safe: it keeps scratch memory, so one instance serves one loop.</summary>
internal sealed class Sampler(int vocabularySize)
{
    private readonly int[] _candidates = new int[vocabularySize];
    private readonly float[] _keys = new float[vocabularySize];

    /// <summary>
    /// Chooses the token at <paramref name="position"/>. <paramref name="logits"/> <c>[vocabulary]</c> is changed in place by bias and
    /// penalties.
    /// </summary>
    /// <exception cref="NonFiniteLogitsException">No logit is a finite number.</exception>
    public int Sample(Span<float> logits, SamplingOptions options, TokenCounts? counts, int choice, int position)
    {
        if (options.LogitBias is { } bias)
        {
            foreach (var (token, value) in bias)
                logits[token] += value;
        }

        counts?.Apply(options, logits);
        if (!float.IsFinite(logits[ArgMax(logits)]))
            throw new NonFiniteLogitsException(position);
        return options.IsGreedy ? ArgMax(logits) : Draw(logits, options, new CounterNoise(options.Seed, choice, position));
    }

    /// <summary>Index of the largest value, the lowest index among equals. NaN is never chosen while a number is there.</summary>
    public static int ArgMax(ReadOnlySpan<float> values)
    {
        var largest = float.NegativeInfinity;
        var width = Vector<float>.Count;
        var i = 0;
        if (values.Length >= width)
        {
            var lanes = new Vector<float>(float.NegativeInfinity);
            for (; i <= values.Length - width; i += width)
            {
                var next = new Vector<float>(values.Slice(i, width));
                lanes = Vector.ConditionalSelect(Vector.GreaterThan(next, lanes), next, lanes);
            }

            for (var lane = 0; lane < width; lane++)
                largest = lanes[lane] > largest ? lanes[lane] : largest;
        }

        for (; i < values.Length; i++)
            largest = values[i] > largest ? values[i] : largest;
        return Math.Max(0, values.IndexOf(largest));
    }

    /// <summary>
    /// Log-probabilities of the chosen token and of the <paramref name="top"/>.Length most probable ones (ties to the lowest id).
    /// </summary>
    /// <returns>The chosen token's.</returns>
    public float Logprobs(ReadOnlySpan<float> logits, int chosen, Span<TokenLogprob> top)
    {
        var largest = logits[ArgMax(logits)];
        var sum = 0.0;
        foreach (var logit in logits)
            sum += Elementary.Exp(logit - largest);
        var normaliser = largest + (float)Elementary.Log(sum);
        if (top.Length > 0)
        {
            var count = SelectLargest(logits, Math.Min(top.Length, logits.Length));
            for (var i = 0; i < count; i++)
                top[i] = new TokenLogprob(_candidates[i], logits[_candidates[i]] - normaliser);
        }

        return logits[chosen] - normaliser;
    }

    private int Draw(ReadOnlySpan<float> logits, SamplingOptions options, CounterNoise noise)
    {
        var largest = logits[ArgMax(logits)];
        var inverse = 1.0 / options.Temperature;
        var floor = float.NegativeInfinity;
        if (options.MinP > 0)
            floor = largest + (float)(Elementary.Log(options.MinP) * options.Temperature);

        if (options.TopK > 0 || options.TopP < 1)
        {
            var count = Nucleus(logits, options, largest);
            return DrawFrom(_candidates.AsSpan(0, count), logits, inverse, floor, noise);
        }

        // Only tokens that could beat the most probable one's noisy logit can win: all others need no noise.
        var best = ArgMax(logits);
        var bestKey = (logits[best] * inverse) + noise.Gumbel(best);
        for (var token = 0; token < logits.Length; token++)
        {
            var scaled = logits[token] * inverse;
            if (token == best || logits[token] < floor || scaled + CounterNoise.MaxGumbel < bestKey)
                continue;
            Challenge(token, scaled + noise.Gumbel(token), ref best, ref bestKey);
        }

        return best;
    }

    private static int DrawFrom(ReadOnlySpan<int> tokens, ReadOnlySpan<float> logits, double inverse, float floor, CounterNoise noise)
    {
        var best = tokens[0];
        var bestKey = (logits[best] * inverse) + noise.Gumbel(best);
        foreach (var token in tokens[1..])
        {
            if (logits[token] >= floor)
                Challenge(token, (logits[token] * inverse) + noise.Gumbel(token), ref best, ref bestKey);
        }

        return best;
    }

    private static void Challenge(int token, double key, ref int best, ref double bestKey)
    {
        if (key > bestKey || (key == bestKey && token < best))
        {
            best = token;
            bestKey = key;
        }
    }

    /// <summary>Puts the tokens that top-k and top-p keep into the candidates, most probable first.</summary>
    private int Nucleus(ReadOnlySpan<float> logits, SamplingOptions options, float largest)
    {
        var limit = options.TopK > 0 ? Math.Min(options.TopK, logits.Length) : logits.Length;
        if (options.TopP >= 1)
            return SelectLargest(logits, limit);

        // Mass is summed over what top-k keeps. Without top-k it is summed over everything once, and ever more of the head is
        // sorted until the nucleus lies inside it.
        var inverse = 1 / options.Temperature;
        if (options.TopK > 0)
        {
            var kept = SelectLargest(logits, limit);
            var mass = 0.0;
            for (var i = 0; i < kept; i++)
                mass += Elementary.Exp((logits[_candidates[i]] - largest) * inverse);
            return CutAt(options.TopP * mass, kept, logits, largest, inverse);
        }

        var total = 0.0;
        foreach (var logit in logits)
            total += Elementary.Exp((logit - largest) * inverse);
        for (var head = 64; ; head *= 8)
        {
            var wanted = Math.Min(head, limit);
            var kept = SelectLargest(logits, wanted);
            var cut = CutAt(options.TopP * total, kept, logits, largest, inverse);
            if (cut < kept || kept < wanted || kept == limit)
                return cut;
        }
    }

    private int CutAt(double mass, int kept, ReadOnlySpan<float> logits, float largest, float inverse)
    {
        var cumulative = 0.0;
        for (var i = 0; i < kept; i++)
        {
            cumulative += Elementary.Exp((logits[_candidates[i]] - largest) * inverse);
            if (cumulative >= mass)
                return i + 1;
        }

        return kept;
    }

    /// <summary>Sorts the <paramref name="count"/> largest logits to the front of the candidates, equal ones by id.</summary>
    private int SelectLargest(ReadOnlySpan<float> logits, int count)
    {
        // A bounded min-heap over (logit, -id): the root is the weakest kept token.
        var tokens = _candidates;
        var keys = _keys;
        var size = 0;
        for (var token = 0; token < logits.Length; token++)
        {
            var logit = logits[token];
            if (float.IsNaN(logit))
                continue;
            if (size < count)
            {
                var child = size++;
                while (child > 0 && Weaker(logit, token, keys[(child - 1) / 2], tokens[(child - 1) / 2]))
                {
                    (keys[child], tokens[child]) = (keys[(child - 1) / 2], tokens[(child - 1) / 2]);
                    child = (child - 1) / 2;
                }

                (keys[child], tokens[child]) = (logit, token);
            }
            else if (logit > keys[0])
            {
                SiftDown(logit, token, size);
            }
        }

        for (var end = size - 1; end > 0; end--)
        {
            var (key, token) = (keys[end], tokens[end]);
            (keys[end], tokens[end]) = (keys[0], tokens[0]);
            SiftDown(key, token, end);
        }

        return size;
    }

    private void SiftDown(float key, int token, int size)
    {
        var parent = 0;
        while (true)
        {
            var child = (2 * parent) + 1;
            if (child >= size)
                break;
            if (child + 1 < size && Weaker(_keys[child + 1], _candidates[child + 1], _keys[child], _candidates[child]))
                child++;
            if (!Weaker(_keys[child], _candidates[child], key, token))
                break;
            (_keys[parent], _candidates[parent]) = (_keys[child], _candidates[child]);
            parent = child;
        }

        (_keys[parent], _candidates[parent]) = (key, token);
    }

    private static bool Weaker(float key, int token, float otherKey, int otherToken) =>
        key < otherKey || (key == otherKey && token > otherToken);
}
