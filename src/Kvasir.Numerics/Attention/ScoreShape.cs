using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Attention;

/// <summary>What some families do to a scaled score before the softmax: a soft cap, and a bias that grows with the distance.</summary>
internal static unsafe class ScoreShape<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int TileRows = AttentionScratch.TileRows;

    /// <summary>Whether the call's scores have a shape; when they have, <see cref="Apply"/> scales them too.</summary>
    public static bool IsWanted(in AttentionBatch batch) => batch.SoftCap > 0 || batch.Slopes != null;

    /// <summary>
    /// s = scale * s; then s = cap * tanh(s / cap) where there is a cap (Gemma 2, 2024); then s += slope * (key position - query position)
    /// where there are slopes (ALiBi, Press et al. 2022), for the scores of one query row's heads with a tile.
    /// </summary>
    /// <param name="batch">The call.</param>
    /// <param name="scores"><c>[heads][64]</c>.</param>
    /// <param name="firstHead">First query head.</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="positions">Key positions <c>[64]</c>; only with slopes.</param>
    /// <param name="position">The query's position.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(in AttentionBatch batch, float* scores, int firstHead, int heads, int* positions, int position)
    {
        var distances = stackalloc float[TileRows];
        if (batch.Slopes != null)
        {
            for (var i = 0; i < TileRows; i++)
                distances[i] = positions[i] - position;
        }

        var scale = TLanes.Broadcast(batch.Scale);
        var cap = TLanes.Broadcast(batch.SoftCap);
        for (var head = 0; head < heads; head++, scores += TileRows)
        {
            var slope = TLanes.Broadcast(batch.Slopes == null ? 0 : batch.Slopes[firstHead + head]);
            for (var i = 0; i < TileRows; i += 16)
            {
                var s = TLanes.Load(scores + i) * scale;
                if (batch.SoftCap > 0)
                    s = cap * Elementary.Tanh(s / cap);
                if (batch.Slopes != null)
                    s = TLanes.Fma(slope, TLanes.Load(distances + i), s);
                TLanes.Store(s, scores + i);
            }
        }
    }
}
