namespace Kvasir.Compute.Tests.Oracle;

/// <summary>Rows that stand in for some of a case's rows.</summary>
internal static class Replacements
{
    /// <summary>
    /// Draws replacements for some rows, runs of neighbours among them, some for rows that no segment has; the rows with these in their
    /// place; and the rows with NaN in their place.
    /// </summary>
    public static (List<KvRow> Covers, List<KvRow> Replaced, List<KvRow> Poisoned) Draw(AttentionCase drawn, Random random)
    {
        int width = drawn.Layout.KvHeads * drawn.Layout.HeadDim;
        var covers = new List<KvRow>();
        List<KvRow> replaced = [], poisoned = [];
        var nan = new float[width];
        nan.AsSpan().Fill(float.NaN);
        bool inRun = false;
        long next = 0;
        foreach (var row in drawn.Rows)
        {
            if (row.Row > next && random.Next(2) == 0)
                covers.Add(row with { Row = random.NextInt64(next, row.Row), Keys = nan, Values = nan });
            next = row.Row + 1;
            inRun = random.Next(8) == 0 ? !inRun : inRun;
            if (!inRun)
            {
                replaced.Add(row);
                poisoned.Add(row);
                continue;
            }

            // Rotated where it is read.
            var cover = row with { Position = row.Position + row.Offset, Offset = 0, Keys = Numbers(random, width), Values = Numbers(random, width) };
            covers.Add(cover);
            replaced.Add(cover);
            poisoned.Add(row with { Keys = nan, Values = nan });
        }

        covers.Add(new KvRow(next + random.Next(9), 0, 0, false, null, nan, nan));
        return (covers, replaced, poisoned);
    }

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * 2)];
}
