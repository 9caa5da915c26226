namespace Kvasir.KvCache.Compression;

/// <summary>PyramidKV's split (Cai et al. 2024): budgets fall linearly from the first layer to the last.</summary>
public static class PyramidBudgets
{
    /// <summary>β: the last layer gets 1/β of the mean.</summary>
    public const int Steepness = 20;

    /// <summary>Rows before the window that a layer keeps.</summary>
    /// <param name="layers">Layers.</param>
    /// <param name="budget">Mean rows a layer, window included.</param>
    /// <param name="window">Rows of the window.</param>
    /// <param name="before">Rows before the window.</param>
    /// <param name="layer">The layer.</param>
    public static int Of(int layers, int budget, int window, int before, int layer)
    {
        var mean = Math.Max(0, budget - window);
        var least = mean / Steepness;
        var most = (2 * mean) - least;
        if (most > before)
        {
            most = before;
            least = Math.Min(before, (2 * mean) - most);
        }

        return layers == 1 ? Math.Min(mean, before) : most - (int)Math.Round((double)(most - least) * layer / (layers - 1));
    }
}
