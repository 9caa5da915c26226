namespace Kvasir.Models;

/// <summary>The fields of a GGUF file that begin with its architecture's name.</summary>
internal sealed class GgufFields(GgufFile file, string architecture)
{
    public string Path => file.Path;

    public string Key(string name) => $"{architecture}.{name}";

    public int? MaybeInt(string name, int min, int max) => file.Metadata.Integer(Key(name), min, max);

    /// <exception cref="ModelFormatException">It is missing or out of range.</exception>
    public int Int(string name, int max) => MaybeInt(name, 1, max) ?? throw new ModelFormatException(Path, $"metadata \"{Key(name)}\" is missing");

    public double? Number(string name) => file.Metadata.Number(Key(name));

    public float Float(string name, float fallback) => (float)(Number(name) ?? fallback);

    public bool Flag(string name, bool fallback) => file.Metadata.Bool(Key(name)) ?? fallback;

    public string? Text(string name) => file.Metadata.String(Key(name));

    public bool Has(string name) => file.Metadata.Has(Key(name));

    /// <summary>Whether the file holds a tensor.</summary>
    public bool HasTensor(string name) => file.Tensors.ContainsKey(name);

    /// <summary>A tensor's shape, or null.</summary>
    public long[]? Shape(string name) => file.Tensors.GetValueOrDefault(name)?.Shape;

    /// <summary>A vector of divisors of frequencies.</summary>
    public float[]? Divisors(string name, int length)
    {
        if (!file.Tensors.TryGetValue(name, out var tensor))
            return null;
        var divisors = TensorReader.ReadVector(Path, tensor, length);
        return divisors.All(d => d > 0 && float.IsFinite(d)) ? divisors : throw new ModelFormatException(Path, $"\"{name}\" holds a divisor that is not positive");
    }

    /// <summary>A plan of attention layers with dense blocks.</summary>
    /// <param name="layers">Layers.</param>
    /// <param name="isLocal">Which see a window only.</param>
    /// <param name="localRope">Rotation of those.</param>
    /// <param name="globalRope">Rotation of the others.</param>
    public LayerConfig[] Windows(int layers, Func<int, bool> isLocal, int localRope = 0, int globalRope = 0)
    {
        int window = MaybeInt("attention.sliding_window", 0, int.MaxValue) ?? 0;
        return [.. Enumerable.Range(0, layers).Select(layer => isLocal(layer)
            ? new LayerConfig(LayerMixer.Attention, window, localRope, FeedForwardKind.Dense)
            : new LayerConfig(LayerMixer.Attention, 0, globalRope, FeedForwardKind.Dense))];
    }
}
