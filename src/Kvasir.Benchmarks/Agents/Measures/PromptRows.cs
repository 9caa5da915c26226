using Kvasir.Engine.Blending;
using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.Benchmarks.Agents.Measures;

/// <summary>Keeps the rows of a prompt, all but the last, to compare them with those of another run.</summary>
internal sealed class PromptRows : IRowCapture
{
    public FreeRows? Rows { get; private set; }

    public void Take(IRowReader reader)
    {
        Rows = new FreeRows(reader.Layers, reader.PromptLength - 1, reader.Width);
        for (var row = 0; row < Rows.Rows; row++)
        {
            for (var layer = 0; layer < reader.Layers; layer++)
                reader.Read(layer, row, Rows.Key(layer, row), Rows.Value(layer, row));
        }
    }

    /// <summary>‖this - dense‖₂ / ‖dense‖₂ over keys and values from a row on, in all layers but the first.</summary>
    public double ErrorAgainst(PromptRows dense, int from)
    {
        var (difference, norm) = (0.0, 0.0);
        for (var layer = 1; layer < Rows!.Layers; layer++)
        {
            Add(Rows.Keys(layer)[(from * Rows.Width)..], dense.Rows!.Keys(layer)[(from * Rows.Width)..]);
            Add(Rows.Values(layer)[(from * Rows.Width)..], dense.Rows.Values(layer)[(from * Rows.Width)..]);
        }

        return Math.Sqrt(difference / norm);

        void Add(ReadOnlySpan<float> rows, ReadOnlySpan<float> truth)
        {
            for (var i = 0; i < truth.Length; i++)
            {
                difference += (rows[i] - truth[i]) * (rows[i] - truth[i]);
                norm += truth[i] * truth[i];
            }
        }
    }

    /// <summary>Largest difference of an element.</summary>
    public double MaxErrorAgainst(PromptRows dense)
    {
        var most = 0.0;
        for (var layer = 0; layer < Rows!.Layers; layer++)
        {
            for (var i = 0; i < Rows.Keys(layer).Length; i++)
                most = Math.Max(most, Math.Max(Math.Abs(Rows.Keys(layer)[i] - dense.Rows!.Keys(layer)[i]), Math.Abs(Rows.Values(layer)[i] - dense.Rows.Values(layer)[i])));
        }

        return most;
    }
}
