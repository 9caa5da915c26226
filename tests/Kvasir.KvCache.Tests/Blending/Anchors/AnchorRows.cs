using Kvasir.KvCache.Blending.Anchors;
using Kvasir.KvCache.Identity;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tests.Blending.Anchors;

/// <summary>Rows and anchors made of numbers.</summary>
internal static class AnchorRows
{
    public const int Layers = 2;
    public const int Width = 3;

    /// <summary>Rows whose every element is <paramref name="fill"/>.</summary>
    public static FreeRows Filled(int rows, float fill) => Made(rows, (_, _, _) => fill);

    /// <summary>Random rows.</summary>
    public static FreeRows Random(int rows, int seed)
    {
        var random = new Random(seed);
        return Made(rows, (_, _, _) => (float)((2 * random.NextDouble()) - 1));
    }

    public static FreeRows Made(int rows, Func<int, int, int, float> element, int layers = Layers, int width = Width)
    {
        var made = new FreeRows(layers, rows, width);
        for (var layer = 0; layer < layers; layer++)
        {
            for (var row = 0; row < rows; row++)
            {
                for (var i = 0; i < width; i++)
                    (made.Key(layer, row)[i], made.Value(layer, row)[i]) = (element(layer, row, i), element(layer, row, i));
            }
        }

        return made;
    }

    public static Anchor Anchor(string id, FreeRows rows) => new() { Id = id, Base = rows };

    public static CacheScope Scope(byte salt = 0) => new(
        new byte[BlockKey.Size], new KvLayout(Layers, 1, 4, KvDataType.F32, 16), "test", new byte[] { salt }, null);
}
