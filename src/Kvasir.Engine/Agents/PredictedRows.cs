using System.Diagnostics;
using Kvasir.Engine.Blending;

namespace Kvasir.Engine.Agents;

/// <summary>Writes predicted rows, each formed in one pass when it is written.</summary>
/// <param name="stretches">The stretches, ascending.</param>
/// <param name="rotates">False to leave keys where they were stored (ablation).</param>
internal sealed class PredictedRows(IReadOnlyList<PredictedStretch> stretches, bool rotates) : IGivenRows
{
    public IReadOnlyList<ChunkPart> Parts { get; } = [.. stretches.Select(stretch => new ChunkPart(stretch.Start, stretch.Length))];

    /// <summary>Rows in all.</summary>
    public int Tokens { get; } = stretches.Sum(stretch => stretch.Length);

    /// <summary>Time spent, over all admissions.</summary>
    public TimeSpan Time { get; private set; }

    public void Write(IGivenRowWriter writer)
    {
        var started = Stopwatch.GetTimestamp();
        Span<float> key = new float[writer.Width];
        Span<float> value = new float[writer.Width];
        foreach (var stretch in stretches)
        {
            for (var row = 0; row < stretch.Length; row++)
            {
                for (var layer = 0; layer < writer.Layers; layer++)
                {
                    stretch.Rows.Read(layer, row, key, value);
                    if (rotates)
                        writer.Write(layer, stretch.Start + row, key, value);
                    else
                        ((SequenceRows)writer).Write(layer, stretch.Start + row, stretch.StoredAt + row, key, value);
                }
            }
        }

        Time += Stopwatch.GetElapsedTime(started);
    }
}
