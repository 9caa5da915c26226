using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kvasir.Benchmarks.Fuzzing.Parsers;

/// <summary>Changes files: bytes anywhere, numbers where numbers stand, and JSON as a tree.</summary>
internal sealed class ParserMutator(Random random, IReadOnlyList<string> words)
{
    private const int MaxBytes = 1 << 18;

    private static readonly ulong[] Numbers =
        [0, 1, 2, 3, 4, 7, 8, 16, 31, 32, 63, 64, 127, 128, 255, 256, 1023, 65_535, 65_536, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, ulong.MaxValue];

    private static readonly string[] Texts =
        ["", " ", "a", "\0", "\uFFFD", "▁", "<0x0A>", "é", "🙂", "\\", "(", "[", "(a+)+$", "\\p{L}", ".*", "x{2147483647}", "{{", "{%", "-1", "1e999", "null", "Sequence", "../../etc/passwd"];

    public byte[] Mutate(byte[] data, byte[] other)
    {
        for (int rounds = 1 + random.Next(random.Next(4) == 0 ? 12 : 3); rounds > 0; rounds--)
            data = Once(data, other);
        return data.Length <= MaxBytes ? data : data[..MaxBytes];
    }

    private byte[] Once(byte[] data, byte[] other)
    {
        int choice = random.Next(100);
        if (data.Length > 0 && data[0] == '{' && choice < 60 && TryTree(data, out var changed))
            return changed;
        if (data.Length > 12 && data.AsSpan(8).StartsWith("{"u8) && choice < 50 && TryHeader(data, out changed))
            return changed;
        if (data.Length == 0)
            return Encoding.UTF8.GetBytes(Word());
        return random.Next(9) switch
        {
            0 => Flip(data),
            1 or 2 => Number(data),
            3 => [.. data[..random.Next(data.Length)]],
            4 => Cut(data),
            5 => Insert(data, Part(data)),
            6 => Insert(data, Encoding.UTF8.GetBytes(Word())),
            7 => other.Length == 0 ? data : [.. data[..random.Next(data.Length)], .. other[random.Next(other.Length)..]],
            _ => Digits(data),
        };
    }

    private byte[] Part(byte[] data)
    {
        int start = random.Next(data.Length);
        return data[start..Math.Min(data.Length, start + 1 + random.Next(random.Next(8) == 0 ? 4096 : 24))];
    }

    private string Word() => words.Count > 0 && random.Next(3) > 0 ? words[random.Next(words.Count)] : Texts[random.Next(Texts.Length)];

    private byte[] Flip(byte[] data)
    {
        var copy = data.ToArray();
        for (int i = random.Next(1, 4); i > 0; i--)
            copy[random.Next(copy.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)(copy[random.Next(copy.Length)] ^ (1 << random.Next(8)));
        return copy;
    }

    // A little-endian number of 1, 2, 4 or 8 bytes: an extreme one, or its neighbour.
    private byte[] Number(byte[] data)
    {
        var copy = data.ToArray();
        Span<byte> value = stackalloc byte[8];
        int size = 1 << random.Next(4);
        int at = random.Next(4) == 0 ? random.Next(copy.Length) : random.Next((copy.Length / 4) + 1) * 4;
        if (at + size > copy.Length)
            return copy;
        if (random.Next(3) == 0)
        {
            copy.AsSpan(at, size).CopyTo(value);
            BinaryPrimitives.WriteUInt64LittleEndian(value, BinaryPrimitives.ReadUInt64LittleEndian(value) + (ulong)random.Next(-2, 3));
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(value, Numbers[random.Next(Numbers.Length)]);
        }

        value[..size].CopyTo(copy.AsSpan(at));
        return copy;
    }

    private byte[] Cut(byte[] data)
    {
        int start = random.Next(data.Length);
        int length = Math.Min(data.Length - start, 1 + random.Next(random.Next(6) == 0 ? 4096 : 16));
        return [.. data[..start], .. data[(start + length)..]];
    }

    private byte[] Insert(byte[] data, byte[] part)
    {
        int at = random.Next(data.Length + 1);
        int times = random.Next(12) == 0 ? random.Next(2, 400) : 1;
        var all = new List<byte>(data.Length + (part.Length * times));
        all.AddRange(data.AsSpan(0, at));
        for (int i = 0; i < times && all.Count < MaxBytes; i++)
            all.AddRange(part);
        all.AddRange(data.AsSpan(at));
        return [.. all];
    }

    // A number in text.
    private byte[] Digits(byte[] data)
    {
        int at = Array.FindIndex(data, random.Next(data.Length), b => b is >= (byte)'0' and <= (byte)'9');
        if (at < 0)
            return Flip(data);
        int end = at;
        while (end < data.Length && data[end] is >= (byte)'0' and <= (byte)'9')
            end++;
        return [.. data[..at], .. Encoding.ASCII.GetBytes(Numbers[random.Next(Numbers.Length)].ToString(CultureInfo.InvariantCulture)), .. data[end..]];
    }

    // The JSON header of a safetensors file, its length set right so that the parse goes on.
    private bool TryHeader(byte[] data, out byte[] changed)
    {
        changed = data;
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(data);
        if (length > (ulong)data.Length - 8 || !TryTree(data[8..(8 + (int)length)], out var header))
            return false;
        changed = [.. BitConverter.GetBytes((ulong)header.Length), .. header, .. data[(8 + (int)length)..]];
        return true;
    }

    private bool TryTree(byte[] data, out byte[] changed)
    {
        changed = data;
        try
        {
            var root = JsonNode.Parse(data, null, new JsonDocumentOptions { MaxDepth = 64 });
            var places = new List<(JsonNode Parent, string? Name, int Index)>();
            Collect(root, places, 0);
            if (places.Count == 0)
                return false;
            Change(places[random.Next(places.Count)], places);
            changed = Encoding.UTF8.GetBytes(root!.ToJsonString());
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return false;
        }
    }

    private static void Collect(JsonNode? node, List<(JsonNode Parent, string? Name, int Index)> places, int depth)
    {
        if (places.Count > 20_000 || depth > 60)
            return;
        if (node is JsonObject map)
        {
            foreach (var (name, value) in map)
            {
                places.Add((map, name, 0));
                Collect(value, places, depth + 1);
            }
        }
        else if (node is JsonArray list)
        {
            for (int i = 0; i < list.Count; i++)
            {
                places.Add((list, null, i));
                Collect(list[i], places, depth + 1);
            }
        }
    }

    private void Change((JsonNode Parent, string? Name, int Index) place, List<(JsonNode Parent, string? Name, int Index)> places)
    {
        var value = place.Name is { } name ? place.Parent.AsObject()[name] : place.Parent.AsArray()[place.Index];
        switch (random.Next(8))
        {
            case 0:
                if (place.Name is not null)
                    place.Parent.AsObject().Remove(place.Name);
                else
                    place.Parent.AsArray().RemoveAt(place.Index);
                return;
            case 1 when place.Name is not null:
                place.Parent.AsObject().Remove(place.Name);
                place.Parent.AsObject()[Word()] = value?.DeepClone();
                return;
            case 1:
                place.Parent.AsArray().Insert(place.Index, value?.DeepClone());
                return;
            case 2:
                var from = places[random.Next(places.Count)];
                Put(place, (from.Name is { } other ? from.Parent.AsObject()[other] : from.Parent.AsArray()[from.Index])?.DeepClone());
                return;
            case 3:
                Put(place, new JsonArray(value?.DeepClone(), value?.DeepClone()));
                return;
            case 4:
                Put(place, Nested(value));
                return;
            case 5:
                Put(place, JsonValue.Create(Word()));
                return;
            default:
                Put(place, Scalar());
                return;
        }
    }

    private JsonNode? Nested(JsonNode? value)
    {
        var node = value?.DeepClone();
        for (int depth = random.Next(1, random.Next(5) == 0 ? 60 : 4); depth > 0; depth--)
            node = random.Next(2) == 0 ? new JsonArray(node) : new JsonObject { [Word()] = node };
        return node;
    }

    private JsonNode? Scalar() => random.Next(6) switch
    {
        0 => null,
        1 => JsonValue.Create(random.Next(2) == 0),
        2 => JsonValue.Create(-(double)Numbers[random.Next(Numbers.Length)]),
        3 => JsonValue.Create(random.NextDouble() * 10),
        4 => JsonValue.Create(new string('a', random.Next(300))),
        _ => JsonValue.Create(Numbers[random.Next(Numbers.Length)]),
    };

    private static void Put((JsonNode Parent, string? Name, int Index) place, JsonNode? value)
    {
        if (place.Name is { } name)
            place.Parent.AsObject()[name] = value;
        else
            place.Parent.AsArray()[place.Index] = value;
    }
}
