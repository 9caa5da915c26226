using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>Finds a configuration's weights among the tensors of a file, and checks their shapes.</summary>
internal sealed class WeightResolver(string path, ModelConfig config, IReadOnlyDictionary<string, StoredTensor> tensors, WeightNaming naming)
{
    private readonly Dictionary<(string, int), StoredTensor> _slices = [];
    private readonly Dictionary<(WeightRole, WeightForm), int[]?> _orders = [];

    /// <summary>A weight, or null when the file need not have it and has not.</summary>
    /// <exception cref="ModelFormatException">It is missing, or has another shape.</exception>
    public StoredWeight? Find(WeightRole role, int layer, int index)
    {
        if (role == WeightRole.Output && config.TiedEmbeddings)
            return null;
        string? first = null;
        foreach (var (name, form) in naming.Places(role, layer, index))
        {
            first ??= name;
            if (tensors.TryGetValue(name, out var tensor))
                return Read(role, layer, index, tensor, form);
        }

        if (WeightShapes.Need(role, config, layer) != WeightNeed.Always)
            return null;
        throw new ModelFormatException(path, first is null
            ? $"the family's files have no place for {role}, which the configuration asks for"
            : $"tensor \"{first}\" ({role}) is missing or of an unsupported type");
    }

    private StoredWeight Read(WeightRole role, int layer, int index, StoredTensor tensor, WeightForm form)
    {
        var shape = WeightShapes.Of(role, config);
        if (form.HasFlag(WeightForm.HeadByHead))
            return HeadByHead(role, layer, tensor, shape[0]);
        long rows = WeightRows.StoredRows(role, config, form, shape[0]);
        bool transposed = form.HasFlag(WeightForm.Transposed);
        if (form.HasFlag(WeightForm.HeadParts))
        {
            Check(tensor, [rows, config.Latent!.Rank]);
            return HeadPart(role, index, tensor);
        }

        long[] expected = shape.Length == 1 ? [rows] : transposed ? [shape[1], rows] : [rows, shape[1]];
        if (form.HasFlag(WeightForm.Experts))
        {
            long count = WeightShapes.Count(role, config);
            Check(tensor, [count, .. expected]);
            tensor = Slice(tensor, index, expected);
        }
        else if (form.HasFlag(WeightForm.Flat) && tensor.Shape.Aggregate(1L, (a, b) => a * b) == expected.Aggregate(1L, (a, b) => a * b))
        {
            // Any shape of so many elements.
        }
        else
        {
            Check(tensor, expected);
        }

        if (transposed && shape.Length == 2 && tensor.Type.IsQuantized)
            throw new ModelFormatException(tensor.File.Path, $"tensor \"{tensor.Name}\" is stored transposed and of type {tensor.Type}", tensor.Offset);
        return new StoredWeight(
            tensor, Order(role, form), transposed && shape.Length == 2 ? (int)rows : 0, NegatedExponential: form.HasFlag(WeightForm.NegatedExponential));
    }

    private int[]? Order(WeightRole role, WeightForm form)
    {
        if (!_orders.TryGetValue((role, form), out var order))
            _orders.Add((role, form), order = WeightRows.Order(role, config, form, naming.InterleavedRope));
        return order;
    }

    /// <summary>A head's rows of the projection from latent rows: of its keys, read transposed, or of its values.</summary>
    private StoredWeight HeadPart(WeightRole role, int head, StoredTensor tensor)
    {
        var (plain, value, rank) = (config.Latent!.PlainDim, config.Latent.ValueDim, config.Latent.Rank);
        bool key = role == WeightRole.LatentKey;
        if (key && tensor.Type.IsQuantized)
            throw new ModelFormatException(tensor.File.Path, $"tensor \"{tensor.Name}\" is read transposed and of type {tensor.Type}", tensor.Offset);
        int first = (head * (plain + value)) + (key ? 0 : plain);
        return key
            ? new StoredWeight(tensor, [.. Enumerable.Range(0, rank).Select(column => (first * rank) + column)], rank)
            : new StoredWeight(tensor, [.. Enumerable.Range(first, value)]);
    }

    private StoredWeight HeadByHead(WeightRole role, int layer, StoredTensor first, long length)
    {
        int heads = role == WeightRole.QueryNorm ? config.QueryHeads : config.KvHeads;
        var parts = new List<StoredTensor>();
        for (int head = 0; head < heads; head++)
        {
            var place = naming.Places(role, layer, head).FirstOrDefault(place => tensors.ContainsKey(place.Name));
            if (place.Name is null)
                throw new ModelFormatException(path, $"the tensor of head {head} beside \"{first.Name}\" is missing");
            Check(tensors[place.Name], [length / heads]);
            parts.Add(tensors[place.Name]);
        }

        return new StoredWeight(parts[0], Order(role, WeightForm.HeadByHead), More: parts[1..]);
    }

    private StoredTensor Slice(StoredTensor tensor, int index, long[] shape)
    {
        if (!_slices.TryGetValue((tensor.Name, index), out var slice))
        {
            long bytes = tensor.Bytes / tensor.Shape[0];
            slice = tensor with { Name = $"{tensor.Name}[{index}]", Shape = shape, Offset = tensor.Offset + (index * bytes), Bytes = bytes };
            _slices.Add((tensor.Name, index), slice);
        }

        return slice;
    }

    private static void Check(StoredTensor tensor, long[] expected)
    {
        if (!tensor.Shape.AsSpan().SequenceEqual(expected))
        {
            throw new ModelFormatException(
                tensor.File.Path,
                $"tensor \"{tensor.Name}\" has shape {tensor.ShapeText}; the configuration asks for [{string.Join(", ", expected)}]",
                tensor.Offset);
        }
    }
}
