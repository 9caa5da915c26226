namespace Kvasir.Models;

/// <summary>Which rows of a stored tensor are a weight, and in which order.</summary>
internal static class WeightRows
{
    /// <summary>For each row of the weight the stored row; null when they are the same.</summary>
    /// <param name="role">The weight.</param>
    /// <param name="config">The model.</param>
    /// <param name="form">How the tensor holds it.</param>
    /// <param name="interleaved">Rotated pairs are neighbours in the file.</param>
    public static int[]? Order(WeightRole role, ModelConfig config, WeightForm form, bool interleaved)
    {
        var part = Part(role, config, form);
        var rope = Rope(role, config, interleaved);
        if (part is null || rope is null)
            return part ?? rope;
        return Array.ConvertAll(rope, row => part[row]);
    }

    /// <summary>Rows that the tensor has, when the weight has <paramref name="rows"/>.</summary>
    public static long StoredRows(WeightRole role, ModelConfig config, WeightForm form, long rows)
    {
        if ((form & (WeightForm.Stacked | WeightForm.Grouped)) != 0)
            return ((long)config.QueryHeads + (2L * config.KvHeads)) * config.HeadDim;
        if ((form & (WeightForm.Halves | WeightForm.Alternating)) != 0)
            return 2 * rows;
        if (form.HasFlag(WeightForm.HeadParts))
            return (long)config.QueryHeads * (config.Latent!.PlainDim + config.Latent.ValueDim);
        return rows;
    }

    private static int[]? Part(WeightRole role, ModelConfig config, WeightForm form)
    {
        int rows = (int)WeightShapes.Of(role, config)[0];
        if (form.HasFlag(WeightForm.Halves))
            return [.. Enumerable.Range(IsGate(role) ? 0 : rows, rows)];
        if (form.HasFlag(WeightForm.Alternating))
            return [.. Enumerable.Range(0, rows).Select(row => (2 * row) + (IsGate(role) ? 0 : 1))];
        int query = config.QueryHeads * config.HeadDim;
        if (form.HasFlag(WeightForm.Stacked))
            return [.. Enumerable.Range(Kind(role) switch { 0 => 0, 1 => query, _ => query + rows }, rows)];
        if (!form.HasFlag(WeightForm.Grouped))
            return null;

        int group = config.QueryHeads / config.KvHeads;
        return [.. Enumerable.Range(0, rows).Select(row =>
        {
            int head = row / config.HeadDim;
            int place = Kind(role) switch
            {
                0 => (head / group * (group + 2)) + (head % group),
                1 => (head * (group + 2)) + group,
                _ => (head * (group + 2)) + group + 1,
            };
            return (place * config.HeadDim) + (row % config.HeadDim);
        })];
    }

    private static int[]? Rope(WeightRole role, ModelConfig config, bool interleaved)
    {
        if (config.Latent is { } latent)
        {
            // Kept with the rotated dimensions first.
            return role switch
            {
                WeightRole.Query => Latent(config.QueryHeads, latent.PlainDim, latent.RotaryDim, interleaved),
                WeightRole.LatentDown or WeightRole.LatentDownBias => Latent(1, latent.Rank, latent.RotaryDim, interleaved),
                _ => null,
            };
        }

        if (!interleaved)
            return null;
        int rotary = config.Rope.RotaryDim;
        return role switch
        {
            WeightRole.Query or WeightRole.QueryBias => RopeRows.HalfSplitFromInterleaved(config.QueryHeads, config.HeadDim, rotary),
            WeightRole.Key or WeightRole.KeyBias => RopeRows.HalfSplitFromInterleaved(config.KvHeads, config.HeadDim, rotary),
            WeightRole.QueryNorm or WeightRole.KeyNorm when config.QueryKeyNorm == QueryKeyNorm.Head =>
                RopeRows.HalfSplitFromInterleaved(1, config.HeadDim, rotary),
            WeightRole.QueryNorm => RopeRows.HalfSplitFromInterleaved(config.QueryHeads, config.HeadDim, rotary),
            WeightRole.KeyNorm => RopeRows.HalfSplitFromInterleaved(config.KvHeads, config.HeadDim, rotary),
            _ => null,
        };
    }

    private static int[] Latent(int heads, int plain, int rotary, bool interleaved)
    {
        int[] turned = interleaved ? RopeRows.HalfSplitFromInterleaved(1, rotary, rotary) : [.. Enumerable.Range(0, rotary)];
        return [.. Enumerable.Range(0, heads).SelectMany(head =>
            turned.Select(row => plain + row).Concat(Enumerable.Range(0, plain)).Select(row => (head * (plain + rotary)) + row))];
    }

    private static bool IsGate(WeightRole role) => role is WeightRole.Gate or WeightRole.GateBias or WeightRole.ExpertGate
        or WeightRole.ExpertGateBias or WeightRole.SharedGate;

    private static int Kind(WeightRole role) => role switch
    {
        WeightRole.Query or WeightRole.QueryBias => 0,
        WeightRole.Key or WeightRole.KeyBias => 1,
        _ => 2,
    };
}
