using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// Chooses a type for each matrix under a number of bits a weight. For every type the loss is measured on a sample of the matrix's rows:
/// noise by signal at its output, columns weighed by their mean squared activations. All begin with the cheapest type; then whatever
/// lowers the sum of the losses most for its bytes is bought, along each matrix's lower convex hull of loss against bytes, as long as the
/// budget allows (the greedy solution of the Lagrangian; Shoham and Gersho 1988, "Efficient bit allocation for an arbitrary set of quantizers").
/// </summary>
/// <remarks>
/// How much a kind of matrix counts is measured where a calibration text was read. Without one: the noise of the output matrix is the logits'
/// own; that of a matrix in a layer reaches them as part of one of the 2 * layers sums that the residual stream is made of, so that it
/// counts as much less.
/// </remarks>
public static class TypeMix
{
    /// <summary>Rows of a matrix that are measured.</summary>
    public const int SampledRows = 128;

    /// <summary>Types that are chosen from.</summary>
    public static IReadOnlyList<DataType> Candidates { get; } =
        [DataType.Q2_K, DataType.Q3_K, DataType.Q4_K, DataType.Q5_K, DataType.Q6_K, DataType.Q8_0];

    /// <summary>Chooses.</summary>
    /// <param name="source">The model.</param>
    /// <param name="options">Rounding and importance; matrices that its rules name keep what the rules say, and count.</param>
    /// <param name="bits">Bits a weight that all matrices together may take.</param>
    /// <param name="sensitivity">By <see cref="Kind"/>, what noise by signal costs; null where that was not measured.</param>
    /// <param name="progress">Hears of every matrix before it is measured.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The options with a rule for every matrix.</returns>
    /// <exception cref="ArgumentException">The cheapest types take more bits.</exception>
    public static ConversionOptions Choose(
        ModelFile source,
        ConversionOptions options,
        double bits,
        IReadOnlyDictionary<string, double>? sensitivity = null,
        IProgress<ConversionProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        TensorPlan[] matrices = [.. ModelConverter.Plan(source, options).Where(plan => plan.IsFree)];
        var encoder = new TensorEncoder(source, options, cancellation);
        long total = matrices.Sum(plan => plan.Weights), done = 0;
        var ladders = new List<(string Name, List<TypeStep> Steps)>();
        foreach (var plan in matrices)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report(new ConversionProgress(plan.Name, done, total));
            done += plan.Weights;
            double weight = sensitivity?.GetValueOrDefault(Kind(plan.Name)) ?? (IsOutput(source.Config, plan.Role) ? 2 * source.Config.Layers : 1);
            bool given = IsGiven(options, plan);
            DataType[] types = given ? [plan.Type] : [.. Candidates.Select(type => ConversionPlan.Fit(type, plan.Shape[^1]).Type).Distinct()];
            var losses = encoder.Sample(plan, types, SampledRows);
            ladders.Add((plan.Name, Hull([.. types.Select((type, i) => new TypeStep(type, Bytes(type, plan), weight * losses[i]))])));
        }

        long budget = (long)(bits * total / 8);
        var chosen = Spend(ladders, budget);
        return options with
        {
            Overrides = [.. ladders.Select((ladder, i) => new TypeRule(ladder.Name, ladder.Steps[chosen[i]].Type)), .. options.Overrides],
        };
    }

    /// <summary>What a matrix does, whichever layer it is in: its GGUF name without the layer.</summary>
    public static string Kind(string name) =>
        name.Split('.') is ["blk", _, .. var rest] ? string.Join('.', rest) : name;

    /// <summary>The kinds of matrices that are chosen for, each with the names of its matrices.</summary>
    /// <param name="source">The model.</param>
    /// <param name="options">Matrices that its rules name are left out.</param>
    public static IReadOnlyList<(string Kind, IReadOnlyList<string> Names)> Kinds(ModelFile source, ConversionOptions options) =>
    [
        .. ModelConverter.Plan(source, options).Where(plan => plan.IsFree && !IsGiven(options, plan))
            .GroupBy(plan => Kind(plan.Name), plan => plan.Name).Select(kind => (kind.Key, (IReadOnlyList<string>)[.. kind])),
    ];

    /// <summary>Buys steps until none fits.</summary>
    /// <returns>For each ladder the step that it stands on.</returns>
    internal static int[] Spend(IReadOnlyList<(string Name, List<TypeStep> Steps)> ladders, long budget)
    {
        var at = new int[ladders.Count];
        long bytes = ladders.Sum(ladder => ladder.Steps[0].Bytes);
        if (bytes > budget)
            throw new ArgumentException($"the smallest mix takes {bytes} bytes, {budget} are allowed; ask for more bits a weight");
        while (true)
        {
            int best = -1;
            double gain = 0;
            for (int i = 0; i < ladders.Count; i++)
            {
                var steps = ladders[i].Steps;
                if (at[i] + 1 == steps.Count || bytes + steps[at[i] + 1].Bytes - steps[at[i]].Bytes > budget)
                    continue;
                double slope = Slope(steps[at[i]], steps[at[i] + 1]);
                if (slope > gain)
                    (best, gain) = (i, slope);
            }

            if (best < 0)
                return at;
            bytes += ladders[best].Steps[at[best] + 1].Bytes - ladders[best].Steps[at[best]].Bytes;
            at[best]++;
        }
    }

    /// <summary>The steps of which none is bettered by a mix of its neighbours, from the cheapest to the best.</summary>
    internal static List<TypeStep> Hull(IReadOnlyList<TypeStep> steps)
    {
        var hull = new List<TypeStep>();
        foreach (var step in steps.OrderBy(s => s.Bytes).ThenBy(s => s.Loss))
        {
            if (hull.Count > 0 && step.Loss >= hull[^1].Loss)
                continue;
            while (hull.Count > 1 && Slope(hull[^2], hull[^1]) <= Slope(hull[^1], step))
                hull.RemoveAt(hull.Count - 1);
            hull.Add(step);
        }

        return hull;
    }

    private static bool IsGiven(ConversionOptions options, TensorPlan plan) => options.Overrides.Any(rule => rule.Matches(plan.Name));

    private static bool IsOutput(ModelConfig config, WeightRole role) =>
        role == WeightRole.Output || (role == WeightRole.TokenEmbedding && config.TiedEmbeddings);

    private static double Slope(TypeStep from, TypeStep to) => (from.Loss - to.Loss) / (to.Bytes - from.Bytes);

    private static long Bytes(DataType type, TensorPlan plan) => type.RowBytes(plan.Shape[^1]) * (plan.Weights / plan.Shape[^1]);
}
