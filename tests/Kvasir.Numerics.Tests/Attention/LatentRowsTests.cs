using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Tests.Attention;

/// <summary>Rows as latents: numbers against sums in double precision, and tiles against one number after the other.</summary>
public sealed unsafe class LatentRowsTests
{
    private const int KvHeads = 4;
    private const int Position = 1000;

    /// <summary>Bits, head dimension, heads of a group, rotated pairs, rank of keys and of values.</summary>
    public static TheoryData<int, int, int, int, int, int> Forms => new()
    {
        { 16, 64, 1, 32, 20, 33 }, { 16, 64, 4, 32, 130, 90 }, { 16, 24, 2, 8, 48, 1 }, { 16, 32, 1, 0, 0, 32 }, { 8, 64, 1, 32, 64, 17 }, { 4, 64, 2, 20, 75, 64 }, { 4, 128, 1, 64, 31, 100 },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void ARow_IsItsProjection_AsInDoublePrecision(int bits, int headDim, int groupHeads, int half, int keyRank, int valueRank)
    {
        using var rig = new Rig(bits, headDim, groupHeads, half, keyRank, valueRank);
        float[] key = new float[headDim], value = new float[headDim];
        foreach (int row in new[] { 0, 7, 31 })
        {
            for (int head = 0; head < KvHeads; head++)
            {
                rig.Read(head, row, key, value);
                var (k, v) = (rig.Expected(row, head, keys: true), rig.Expected(row, head, keys: false));
                for (int d = 0; d < headDim; d++)
                {
                    Assert.Equal(k[d], key[d], rig.Tolerance);
                    Assert.Equal(v[d], value[d], rig.Tolerance);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void ATile_HoldsTheNumbers_WhereverTheRowsLie_InEveryWidth(int bits, int headDim, int groupHeads, int half, int keyRank, int valueRank)
    {
        using var rig = new Rig(bits, headDim, groupHeads, half, keyRank, valueRank);
        for (int seed = 0; seed < 8; seed++)
        {
            Load<Lanes128>(rig, seed);
            Load<Lanes256>(rig, seed);
            Load<Lanes512>(rig, seed);
        }
    }

    [Fact]
    public void AllDirections_GiveTheRowBack()
    {
        using var rig = new Rig(16, 64, 1, 32, 64, 64);
        float[] key = new float[64], value = new float[64];
        for (int row = 0; row < 32; row++)
        {
            rig.Read(2, row, key, value);
            for (int d = 0; d < 64; d++)
            {
                Assert.Equal(rig.Key(row, 2, d), key[d], 4e-3f);
                Assert.Equal(rig.Value(row, 2, d), value[d], 4e-3f);
            }
        }
    }

    [Fact]
    public void Bytes_AreThoseOfTheRanks()
    {
        using var wide = new Rig(16, 64, 1, 32, 20, 33);
        Assert.Equal(KvHeads * 2 * (20 + 33), wide.Bases.RowBytes(0));
        using var shared = new Rig(4, 64, 2, 20, 75, 64);
        Assert.Equal(2 * (4 + 38 + 4 + 32), shared.Bases.RowBytes(0));
        Assert.Equal((75, 64), shared.Bases.Ranks(0, 3));
        Assert.Throws<ArgumentException>(() => new LatentBases(4, 64, 2, [[Nothing(0), Nothing(0)]]));
        Assert.Throws<ArgumentException>(() => new LatentBases(4, 64, 16, [[Nothing(3), Nothing(0)]]));
    }

    private static LatentBasis Nothing(int rank) => new(default, default, rank, new float[64]);

    private static void Load<TLanes>(Rig rig, int seed)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var random = new Random(seed);
        int first = random.Next(32), count = random.Next(1, 33 - first), tileRow = random.Next(65 - count), head = seed % KvHeads;
        using var scratch = new AttentionScratch(rig.HeadDim, 1, 1);
        new Span<float>(scratch.Keys, 64 * scratch.Stride).Fill(-7);
        float[] key = new float[rig.HeadDim], value = new float[rig.HeadDim];
        LatentLoader<TLanes>.Load(*rig.Bases.Layer(0), rig.Piece + (first * rig.Bases.RowBytes(0)), count, head, Position + first, rig.Rope, tileRow, scratch, values: true);
        for (int row = 0; row < count; row++)
        {
            rig.Read(head, first + row, key, value);
            for (int d = 0; d < rig.HeadDim; d++)
            {
                Assert.Equal(key[d], scratch.Keys[ScalarKeys.At(tileRow + row, d, rig.HeadDim)]);
                Assert.Equal(value[d], scratch.Values[((tileRow + row) * scratch.Stride) + d]);
            }
        }

        for (int row = 0; row < 64; row++)
        {
            if (row < tileRow || row >= tileRow + count)
                Assert.Equal(-7, scratch.Keys[ScalarKeys.At(row, 0, rig.HeadDim)]);
        }
    }

    /// <summary>Thirty-two rows as latents in orthogonal directions.</summary>
    private sealed class Rig : IDisposable
    {
        private readonly KvLayout _layout;
        private readonly LatentForm _form;
        private readonly NativeBuffer _piece = new(1 << 16);
        private readonly float[] _keys;
        private readonly float[] _values;
        private readonly float[] _directions;
        private readonly float[] _mean;
        private readonly int _groupHeads;
        private readonly (int Key, int Value) _ranks;

        public Rig(int bits, int headDim, int groupHeads, int half, int keyRank, int valueRank)
        {
            (HeadDim, _groupHeads, _ranks) = (headDim, groupHeads, (keyRank, valueRank));
            Tolerance = bits switch { 16 => 4e-3f, 8 => 0.06f, _ => 1f };
            _layout = new KvLayout(1, KvHeads, headDim, KvDataType.F16, 32);
            Rope = half == 0 ? null : new RopeTable([.. Enumerable.Range(0, half).Select(i => Math.Pow(10_000, -(double)i / half))], Position + 40, attentionFactor: 1.1f);
            _directions = Orthogonal(groupHeads * headDim);
            _mean = [.. Enumerable.Range(0, groupHeads * headDim).Select(d => MathF.Cos(d))];
            Bases = new LatentBases(KvHeads, headDim, bits, [[.. Enumerable.Range(0, 2 * KvHeads / groupHeads).Select(part => new LatentBasis(_directions, _directions, part % 2 == 0 ? keyRank : valueRank, _mean))]]);
            _form = new LatentForm(Bases, [Rope]);
            var random = new Random(headDim + bits);
            _keys = [.. Enumerable.Range(0, KvHeads * 32 * headDim).Select(_ => (2 * random.NextSingle()) - 1)];
            _values = [.. Enumerable.Range(0, KvHeads * 32 * headDim).Select(_ => (2 * random.NextSingle()) - 1)];
            _piece.AsSpan<byte>().Clear();
            _form.Encode(_layout, 0, ..KvHeads, new PackedGroup(_keys, _values, Position), 0..20, _piece.Pointer, 0);
            _form.Encode(_layout, 0, ..KvHeads, new PackedGroup(_keys, _values, Position), 20..32, _piece.Pointer, 20);
        }

        public int HeadDim { get; }

        public float Tolerance { get; }

        public RopeTable? Rope { get; }

        public LatentBases Bases { get; }

        public byte* Piece => _piece.Pointer;

        public float Key(int row, int head, int d) => _keys[(((head * 32) + row) * HeadDim) + d];

        public float Value(int row, int head, int d) => _values[(((head * 32) + row) * HeadDim) + d];

        public void Read(int head, int row, float[] key, float[] value) => _form.Read(_layout, 0, head, Piece, row, Position + row, key, value);

        /// <summary>The same by the definition, in double precision: turned back, projected, turned again.</summary>
        public double[] Expected(int row, int head, bool keys)
        {
            int first = head / _groupHeads * _groupHeads, n = _groupHeads * HeadDim;
            var x = new double[n];
            for (int i = 0; i < n; i++)
                x[i] = keys ? Key(row, first + (i / HeadDim), i % HeadDim) : Value(row, first + (i / HeadDim), i % HeadDim);
            if (keys)
                Turn(x, row, back: true);
            double[] y = [.. _mean];
            for (int r = 0; r < (keys ? _ranks.Key : _ranks.Value); r++)
            {
                double latent = Enumerable.Range(0, n).Sum(i => _directions[(r * n) + i] * (x[i] - _mean[i]));
                for (int i = 0; i < n; i++)
                    y[i] += latent * _directions[(r * n) + i];
            }

            if (keys)
                Turn(y, row, back: false);
            return y[((head - first) * HeadDim)..((head - first + 1) * HeadDim)];
        }

        public void Dispose()
        {
            Rope?.Dispose();
            _piece.Dispose();
        }

        private void Turn(double[] x, int row, bool back)
        {
            for (int head = 0; Rope is not null && head < x.Length; head += HeadDim)
            {
                for (int i = 0; i < Rope.Half; i++)
                {
                    double angle = (Position + row) * Math.Pow(10_000, -(double)i / Rope.Half), factor = back ? 1 / 1.1 : 1.1;
                    double cos = Math.Cos(angle) * factor, sin = Math.Sin(back ? -angle : angle) * factor;
                    (x[head + i], x[head + Rope.Half + i]) = ((x[head + i] * cos) - (x[head + Rope.Half + i] * sin), (x[head + i] * sin) + (x[head + Rope.Half + i] * cos));
                }
            }
        }

        /// <summary>A reflection's rows: orthogonal, and none is an axis.</summary>
        private static float[] Orthogonal(int n)
        {
            double[] v = [.. Enumerable.Range(1, n).Select(i => Math.Sin(i))];
            double norm = v.Sum(x => x * x);
            return [.. Enumerable.Range(0, n * n).Select(i => (float)((i / n == i % n ? 1 : 0) - (2 * v[i / n] * v[i % n] / norm)))];
        }
    }
}
