using Kvasir.Benchmarks.Measures;
using Kvasir.KvCache.Compression;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Compression;

/// <summary>
/// Looks how alike neighbouring keys and values are (KVMerger's premise) and how many rows sets of nearly parallel keys leave. Keeps all rows.
/// </summary>
/// <param name="rope">The model's rotation, to look at keys before it.</param>
internal sealed class KeySimilarity(RopeConfig rope) : ICompressionPolicy
{
    private const double Threshold = 0.75;

    private readonly double[] _frequencies = [.. rope.InverseFrequencies().Select(frequency => (double)frequency)];

    /// <summary>A layer of one text.</summary>
    /// <param name="Layer">The layer.</param>
    /// <param name="Keys">Median cosine of neighbouring keys, as stored.</param>
    /// <param name="PlainKeys">The same before rotation.</param>
    /// <param name="Values">The same of values.</param>
    /// <param name="Left">Sets at the published threshold over rows.</param>
    /// <param name="InSets">Mean cosine of neighbours within sets when half as many sets as rows are made.</param>
    /// <param name="ToFirst">Mean cosine of the last row of those sets with the first one: how far a chain drifts.</param>
    public readonly record struct Seen(int Layer, double Keys, double PlainKeys, double Values, double Left, double InSets, double ToFirst);

    /// <summary>What was seen, layer by layer and text by text.</summary>
    public List<Seen> All { get; } = [];

    public string Name => "key similarity";

    public bool PerHead => true;

    public Compressor Start(CompressionShape shape) => new State(this, shape);

    private static double Cosine(float[] one, float[] other)
    {
        double dot = 0, a = 0, b = 0;
        for (var d = 0; d < one.Length; d++)
            (dot, a, b) = (dot + ((double)one[d] * other[d]), a + ((double)one[d] * one[d]), b + ((double)other[d] * other[d]));
        return dot / Math.Sqrt(Math.Max(1e-30, a * b));
    }

    private sealed class State(KeySimilarity probe, CompressionShape shape) : Compressor
    {
        public override void Observe(in LayerSignals signals)
        {
            var (keys, plain, values) = (new List<double>(), new List<double>(), new List<double>());
            var (left, inSets, toFirst) = (0.0, new List<double>(), new List<double>());
            var rows = Enumerable.Range(0, signals.Length).Select(_ => (Key: new float[shape.HeadDim], Value: new float[shape.HeadDim])).ToArray();
            for (var head = 0; head < shape.KvHeads; head++)
            {
                for (var row = 0; row < rows.Length; row++)
                    signals.Rows.Read(head, row, rows[row].Key, rows[row].Value);
                var cosines = new float[rows.Length - 1];
                for (var row = 0; row < cosines.Length; row++)
                {
                    cosines[row] = (float)Cosine(rows[row].Key, rows[row + 1].Key);
                    keys.Add(cosines[row]);

                    // Both turn with their positions: what counts is the one step between them.
                    float[] turned = [.. rows[row + 1].Key];
                    AxisQuantisation.Turn(turned, probe._frequencies, -1);
                    plain.Add(Cosine(rows[row].Key, turned));
                    values.Add(Cosine(rows[row].Value, rows[row + 1].Value));
                }

                var free = new bool[rows.Length];
                left += (double)MergingSets.Find(cosines, free, Threshold).Count / rows.Length / shape.KvHeads;
                foreach (var (start, end) in MergingSets.Exactly(cosines, free, rows.Length / 2).Where(set => set.End - set.Start > 1))
                {
                    inSets.AddRange(cosines[start..(end - 1)].Select(cosine => (double)cosine));
                    toFirst.Add(Cosine(rows[start].Key, rows[end - 1].Key));
                }
            }

            probe.All.Add(new Seen(signals.Layer, Samples.Median(keys), Samples.Median(plain), Samples.Median(values), left, inSets.Average(), toFirst.Average()));
        }
    }
}
