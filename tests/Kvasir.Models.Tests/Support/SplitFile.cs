using System.Text;

namespace Kvasir.Models.Tests.Support;

/// <summary>Cuts a GGUF file as llama-gguf-split does: the first part keeps the metadata, the others have the split's own fields only.</summary>
internal static class SplitFile
{
    private const int Alignment = 32;

    /// <summary>Writes the parts and returns their paths.</summary>
    /// <param name="path">The whole file.</param>
    /// <param name="prefix">Folder and name that the parts begin with.</param>
    /// <param name="count">Parts.</param>
    /// <param name="change">Changes a part's fields: number from 0, then (no, count, tensors).</param>
    /// <param name="place">The part that a tensor goes to, from its index; by default they are dealt out in order.</param>
    public static string[] Write(
        string path, string prefix, int count, Func<int, (int No, int Count, int Tensors), (int No, int Count, int Tensors)>? change = null, Func<int, int[]>? place = null)
    {
        using var mapped = MappedFile.Open(path);
        using var file = GgufFile.Open(path);
        var header = new GgufCursor(mapped, 16);
        long pairs = (long)header.UInt64();
        new GgufMetadata(mapped).Read(header, pairs);
        var metadata = mapped.Span(24, (int)header.Offset - 24).ToArray();
        var tensors = file.Tensors.Values.OrderBy(tensor => tensor.Offset).ToArray();
        place ??= index => [index * count / tensors.Length];
        var paths = new string[count];
        for (int part = 0; part < count; part++)
        {
            int number = part;
            var own = tensors.Where((_, index) => place(index).Contains(number)).ToArray();
            var fields = (part, count, tensors.Length);
            fields = change?.Invoke(part, fields) ?? fields;
            paths[part] = $"{prefix}-{part + 1:D5}-of-{count:D5}.gguf";
            File.WriteAllBytes(paths[part], Part(part == 0 ? metadata : [], part == 0 ? pairs : 0, own, fields));
        }

        return paths;
    }

    private static unsafe byte[] Part(byte[] metadata, long pairs, StoredTensor[] tensors, (int No, int Count, int Tensors) fields)
    {
        var stream = new MemoryStream();
        var writer = new BinaryWriter(stream);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)tensors.Length);
        writer.Write((ulong)pairs + 3);
        writer.Write(metadata);
        Key(writer, GgufParts.NumberKey, GgufType.UInt16);
        writer.Write((ushort)fields.No);
        Key(writer, GgufParts.CountKey, GgufType.UInt16);
        writer.Write((ushort)fields.Count);
        Key(writer, GgufParts.TensorCountKey, GgufType.Int32);
        writer.Write(fields.Tensors);
        long offset = 0;
        foreach (var tensor in tensors)
        {
            Text(writer, tensor.Name);
            writer.Write((uint)tensor.Shape.Length);
            foreach (long length in tensor.Shape.Reverse())
                writer.Write((ulong)length);
            writer.Write((uint)tensor.Type);
            writer.Write((ulong)offset);
            offset += (tensor.Bytes + Alignment - 1) / Alignment * Alignment;
        }

        foreach (var tensor in tensors)
        {
            Pad(stream);
            writer.Write(new ReadOnlySpan<byte>(tensor.File.At(tensor.Offset, tensor.Bytes), (int)tensor.Bytes));
        }

        Pad(stream);
        return stream.ToArray();
    }

    private static void Pad(MemoryStream stream) => stream.Write(new byte[(Alignment - (stream.Length % Alignment)) % Alignment]);

    private static void Key(BinaryWriter writer, string key, GgufType type)
    {
        Text(writer, key);
        writer.Write((uint)type);
    }

    private static void Text(BinaryWriter writer, string text)
    {
        writer.Write((ulong)text.Length);
        writer.Write(Encoding.UTF8.GetBytes(text));
    }
}
