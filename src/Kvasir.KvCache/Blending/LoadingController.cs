namespace Kvasir.KvCache.Blending;

/// <summary>
/// CacheBlend's loading controller (arXiv 2405.16444, section 5): how much repair hides behind the loading of a layer, and where chunks
/// can lie without being waited for. Pure arithmetic over measured rates.
/// </summary>
public sealed class LoadingController
{
    private readonly int _layers;
    private readonly double _bytesPerTokenLayer;
    private readonly Func<int, double> _prefillSeconds;
    private readonly double _qualityFloor;

    /// <summary>Creates a controller.</summary>
    /// <param name="layers">Layers of the model.</param>
    /// <param name="bytesPerTokenLayer">Bytes of keys and values of a token in a layer.</param>
    /// <param name="prefillSeconds">Measured time of a full prefill of so many tokens, over all layers.</param>
    /// <param name="qualityFloor">r*: least share of rows that is repaired, from a sweep of the quality.</param>
    public LoadingController(int layers, double bytesPerTokenLayer, Func<int, double> prefillSeconds, double qualityFloor = 0.15)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytesPerTokenLayer);
        (_layers, _bytesPerTokenLayer, _prefillSeconds, _qualityFloor) =
            (layers, bytesPerTokenLayer, prefillSeconds, PolicyArguments.Ratio(qualityFloor));
    }

    /// <summary>Seconds a layer takes to repair a share of the rows: <c>r · Prefill(n) / layers</c>.</summary>
    public double RecomputeSeconds(int tokens, double ratio) => ratio * _prefillSeconds(tokens) / _layers;

    /// <summary>Seconds a layer takes to load.</summary>
    public double LoadSeconds(int tokens, double bytesPerSecond) => _bytesPerTokenLayer * tokens / bytesPerSecond;

    /// <summary>
    /// The share of rows to repair: as many as loading hides, but at least r* and at most all. While loading is the bottleneck more repair
    /// costs nothing.
    /// </summary>
    public double ChooseRatio(int tokens, double bytesPerSecond)
    {
        var all = RecomputeSeconds(tokens, 1);
        var hidden = all > 0 ? LoadSeconds(tokens, bytesPerSecond) / all : 1;
        return Math.Min(1, Math.Max(hidden, _qualityFloor));
    }

    /// <summary>
    /// The cheapest device whose loads hide behind the repair of a share of the rows, of equal ones the fastest; when none does, the
    /// fastest.
    /// </summary>
    /// <returns>Its index.</returns>
    /// <exception cref="ArgumentException">There is no device.</exception>
    public int ChooseDevice(int tokens, double ratio, IReadOnlyList<LoadingDevice> devices)
    {
        if (devices.Count == 0)
            throw new ArgumentException("there is no device to choose from", nameof(devices));
        var repair = RecomputeSeconds(tokens, ratio);
        var best = 0;
        for (var i = 1; i < devices.Count; i++)
        {
            if (IsBetter(devices[i], devices[best]))
                best = i;
        }

        return best;

        bool Hides(LoadingDevice device) => LoadSeconds(tokens, device.BytesPerSecond) <= repair;

        bool IsBetter(LoadingDevice one, LoadingDevice other)
        {
            if (Hides(one) != Hides(other))
                return Hides(one);
            return Hides(one) && one.Cost != other.Cost ? one.Cost < other.Cost : one.BytesPerSecond > other.BytesPerSecond;
        }
    }

    /// <summary>
    /// Layers that must be there before the first is computed, so that no later one is waited for (Cache-Craft, arXiv 2502.15734):
    /// <c>L_p = ceil((L - 1)(1 - t_comp / t_load)) + 1</c> when a load takes longer than computing, else 1.
    /// </summary>
    /// <param name="layers">L.</param>
    /// <param name="computeSeconds">Seconds to compute a layer.</param>
    /// <param name="loadSeconds">Seconds to load one.</param>
    public static int PreloadLayers(int layers, double computeSeconds, double loadSeconds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 1);
        if (!(loadSeconds > computeSeconds))
            return 1;
        // Less what binary64 adds: 20 · (1 - 0.9) is 2, not 3.
        return (int)Math.Ceiling(((layers - 1) * (1 - (computeSeconds / loadSeconds))) - 1e-9) + 1;
    }
}
