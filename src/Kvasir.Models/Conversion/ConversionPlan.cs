using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>Which tensors a conversion writes: the names that a family's files are read by, followed the other way.</summary>
internal static class ConversionPlan
{
    /// <summary>Plans the tensors, in the order of the weights that they begin with.</summary>
    /// <param name="source">The model.</param>
    /// <param name="naming">Where files of its family hold each weight; of several places the first is written.</param>
    /// <param name="options">Types.</param>
    /// <exception cref="ArgumentException">A rule matches no matrix.</exception>
    public static IReadOnlyList<TensorPlan> Make(ModelFile source, WeightNaming naming, ConversionOptions options)
    {
        var config = source.Config;
        var parts = new Dictionary<string, List<TensorPart>>();
        var shapes = new List<(string Name, long[] Shape)>();
        var orders = new Dictionary<(WeightRole, WeightForm), int[]?>();
        foreach (var (role, layer, index) in WeightShapes.All(config))
        {
            if (!source.Has(role, layer) || (role == WeightRole.Output && config.TiedEmbeddings))
                continue;
            var (name, form) = naming.Places(role, layer, index).FirstOrDefault();
            if (name is null)
                throw new UnsupportedModelException(source.Path, $"GGUF files of the family {config.Architecture} have no place for its {role}");
            var shape = WeightShapes.Of(role, config);
            long stored = WeightRows.StoredRows(role, config, form, shape[0]);
            if (!orders.TryGetValue((role, form), out var order))
                orders.Add((role, form), order = WeightRows.Order(role, config, form, naming.InterleavedRope));
            bool many = form.HasFlag(WeightForm.Experts);
            if (!parts.TryGetValue(name, out var list))
            {
                parts.Add(name, list = []);
                shapes.Add((name, GgufShapes.Of(role, config, [.. many ? [WeightShapes.Count(role, config)] : (long[])[], stored, .. shape[1..]])));
            }

            list.Add(new TensorPart(role, layer, index, checked((int)shape[0]), many ? index * stored : 0, order, form));
        }

        var used = new HashSet<TypeRule>();
        List<TensorPlan> plans = [.. shapes.Select(tensor => Typed(source, tensor.Name, parts[tensor.Name], tensor.Shape, options, used))];
        if (options.Overrides.FirstOrDefault(r => !used.Contains(r)) is { } unused)
        {
            throw new ArgumentException(
                $"the rule \"{unused.Pattern}={unused.Type.Name}\" matches no matrix; names look like token_embd or blk.0.ffn_down");
        }

        return plans;
    }

    /// <summary>The type itself, or the nearest whose blocks rows divide into, and why.</summary>
    public static (DataType Type, string? Note) Fit(DataType type, long columns)
    {
        if (columns % type.BlockSize == 0)
            return (type, null);
        var other = columns % BlockCodec.Block != 0 ? DataType.F16 : type switch
        {
            DataType.Q2_K or DataType.Q3_K => DataType.Q4_0,
            DataType.Q4_K => DataType.Q5_0,
            DataType.Q5_K => DataType.Q5_1,
            DataType.Q6_K => DataType.Q8_0,
            DataType.IQ4_XS => DataType.IQ4_NL,
            _ => DataType.F16,
        };
        return (other, $"rows of {columns} do not divide into {type.Name} blocks of {type.BlockSize}; {other.Name} was taken");
    }

    private static TensorPlan Typed(
        ModelFile source, string name, List<TensorPart> parts, long[] shape, ConversionOptions options, HashSet<TypeRule> used)
    {
        var plan = new TensorPlan(name, parts, shape, DataType.F32, null);
        if (!plan.IsFree)
            return plan;
        var stored = source.DescribeMatrix(plan.Role, plan.Layer, parts[0].Index).Type;
        var asked = options.Type ?? stored;
        foreach (var rule in options.Overrides.Where(r => r.Matches(name)))
        {
            asked = rule.Type;
            used.Add(rule);
        }

        var (type, note) = Fit(asked, shape[^1]);
        if (note is null && type.HasTable && options.Rounding is not NearestRounding && stored != type)
            note = $"rounded to the nearest level; {options.Rounding.Name} is not for types with tables";
        return plan with { Type = type, Note = note };
    }
}
