using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Engine.Running;

/// <summary>
/// Chooses a row's experts and their weights from its logits; ties go to the lower number. Sums are single chains in the experts' order, so a
/// row's choice is the same everywhere. Used by one thread.
/// </summary>
internal sealed class ExpertRouter(ExpertConfig config)
{
    private readonly float[] _scores = new float[config.Count];
    private readonly float[] _choice = new float[config.Count];
    private readonly float[] _groups = new float[config.Groups];

    /// <summary>1 / (1 + e^-x).</summary>
    public static float Sigmoid(float x) => 1 / (1 + Elementary.Exp(0 - x));

    /// <summary>Routes one row.</summary>
    /// <param name="logits"><c>[experts]</c>.</param>
    /// <param name="correction">Added to the scores for the choice, or empty.</param>
    /// <param name="experts">Receives the chosen experts, the best first.</param>
    /// <param name="weights">Receives their weights.</param>
    public void Route(ReadOnlySpan<float> logits, ReadOnlySpan<float> correction, Span<int> experts, Span<float> weights)
    {
        Score(logits);
        _scores.CopyTo(_choice, 0);
        for (var i = 0; i < correction.Length; i++)
            _choice[i] += correction[i];
        if (config.Groups > 1)
            HideGroups();
        for (var i = 0; i < experts.Length; i++)
        {
            experts[i] = Best(_choice);
            weights[i] = _scores[experts[i]];
            _choice[experts[i]] = float.NegativeInfinity;
        }

        Finish(weights);
    }

    /// <summary>The first of the largest; what is not a number never wins over a number.</summary>
    private static int Best(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best] || (float.IsNaN(values[best]) && !float.IsNaN(values[i])))
                best = i;
        }

        return best;
    }

    private void Score(ReadOnlySpan<float> logits)
    {
        if (config.Scoring == ExpertScoring.Sigmoid)
        {
            for (var i = 0; i < logits.Length; i++)
                _scores[i] = Sigmoid(logits[i]);
            return;
        }

        logits.CopyTo(_scores);
        if (config.Scoring == ExpertScoring.Softmax)
            Softmax(_scores);
    }

    /// <summary>Experts outside the best groups cannot be chosen (DeepSeek-V2's device-limited routing).</summary>
    private void HideGroups()
    {
        var size = config.Count / config.Groups;
        for (var group = 0; group < config.Groups; group++)
        {
            float first = float.NegativeInfinity, second = float.NegativeInfinity;
            foreach (var score in _choice.AsSpan(group * size, size))
            {
                if (score > first)
                    (first, second) = (score, first);
                else if (score > second)
                    second = score;
            }

            _groups[group] = config.GroupBest == 1 ? first : first + second;
        }

        for (var kept = 0; kept < config.ChosenGroups; kept++)
            _groups[Best(_groups)] = float.NegativeInfinity;
        for (var group = 0; group < config.Groups; group++)
        {
            if (!float.IsNegativeInfinity(_groups[group]))
                _choice.AsSpan(group * size, size).Fill(float.NegativeInfinity);
        }
    }

    private void Finish(Span<float> weights)
    {
        if (config.Scoring == ExpertScoring.SoftmaxOfChosen)
            Softmax(weights);
        if (config.Normalised)
        {
            var sum = 0f;
            foreach (var weight in weights)
                sum += weight;
            foreach (ref var weight in weights)
                weight /= sum;
        }

        foreach (ref var weight in weights)
            weight *= config.Scale;
    }

    private static void Softmax(Span<float> values)
    {
        var largest = float.NegativeInfinity;
        foreach (var value in values)
            largest = value > largest ? value : largest;
        var sum = 0f;
        foreach (ref var value in values)
        {
            value = Elementary.Exp(value - largest);
            sum += value;
        }

        foreach (ref var value in values)
            value /= sum;
    }
}
