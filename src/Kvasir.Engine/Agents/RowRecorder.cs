using Kvasir.Engine.Blending;
using Kvasir.KvCache.Blending.Anchors;
using Kvasir.KvCache.Identity;

namespace Kvasir.Engine.Agents;

/// <summary>Copies stretches of a prompt, and its answer, when that has ended.</summary>
/// <param name="stretches">Stretches of the prompt.</param>
/// <param name="also">Sees the rows too.</param>
internal sealed class RowRecorder(IReadOnlyList<ChunkPart> stretches, IRowCapture? also = null) : IRowCapture
{
    /// <summary>The rows of each stretch; null while the answer has not ended.</summary>
    public FreeRows[]? Stretches { get; private set; }

    /// <summary>The rows of the answer; the last token may lack its row.</summary>
    public FreeRows? Answer { get; private set; }

    /// <summary>Whose rows they are.</summary>
    public CacheScope? Scope { get; private set; }

    public void Take(IRowReader reader)
    {
        Stretches = [.. stretches.Select(stretch => Copy(reader, stretch.Start, stretch.Length))];
        Answer = Copy(reader, reader.PromptLength, Math.Max(0, reader.Tokens.Length - reader.PromptLength));
        Scope = reader.Scope;
        also?.Take(reader);
    }

    private static FreeRows Copy(IRowReader reader, int start, int length)
    {
        var rows = new FreeRows(reader.Layers, length, reader.Width);
        for (var row = 0; row < length; row++)
        {
            for (var layer = 0; layer < reader.Layers; layer++)
                reader.Read(layer, start + row, rows.Key(layer, row), rows.Value(layer, row));
        }

        return rows;
    }
}
