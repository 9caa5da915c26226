using Kvasir.KvCache.Blending;
using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tests.Chunks;

namespace Kvasir.KvCache.Tests.Blending;

/// <summary>What policies are asked in tests.</summary>
internal static class Snapshots
{
    /// <summary>Spans one behind the other with a gap of <paramref name="gap"/> rows before each.</summary>
    public static BlendSpan[] Spans(int gap, params int[] lengths)
    {
        var spans = new BlendSpan[lengths.Length];
        var (start, index) = (0, 0);
        for (var i = 0; i < lengths.Length; i++)
        {
            start += gap;
            spans[i] = new BlendSpan(start, lengths[i], index, [.. Enumerable.Range(0, i).Select(ChunkRig.Text)], null);
            start += lengths[i];
            index += lengths[i];
        }

        return spans;
    }

    public static List<int> Select(
        IBlendPolicy policy, BlendSpan[] spans, float[]? deviation = null, float[]? mass = null, ulong seed = 1, int? promptLength = null, int queryEnd = 0)
    {
        var rows = spans.Sum(span => span.Length);
        var repaired = new List<int>();
        policy.Select(
            new BlendSnapshot
            {
                Spans = spans, Rows = rows, PromptLength = promptLength ?? (spans.Length == 0 ? 1 : spans[^1].End + 10), QueryEnd = queryEnd,
                Deviation = deviation, ColumnMass = mass, Seed = seed,
            },
            repaired);
        return repaired;
    }

    /// <summary>A context of texts with a length and a mass each.</summary>
    public static ChunkContext Context(double intra, float[] scores, params (int Text, int Length, double Inter)[] before) => new()
    {
        Before = Texts([.. before.Select(text => text.Text)]),
        HasSystemText = false,
        BeforeLengths = [.. before.Select(text => text.Length)],
        Inter = [.. before.Select(text => text.Inter)],
        Intra = intra,
        TokenScores = scores,
    };

    public static IReadOnlyList<BlockKey> Texts(params int[] texts) => [.. texts.Select(ChunkRig.Text)];
}
