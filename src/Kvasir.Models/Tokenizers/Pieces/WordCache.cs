using System.Runtime.InteropServices;

namespace Kvasir.Models;

/// <summary>
/// Tokens of words that were seen: a table of fixed size in which a word displaces the one in its place. Entries are immutable and their
/// references are written at once, so that readers need no lock.
/// </summary>
internal sealed class WordCache
{
    private const int Slots = 1 << 15;
    private const int MaxChars = 48;

    private readonly Entry?[] _entries = new Entry?[Slots];

    /// <summary>Appends a known word's tokens.</summary>
    public bool TryAppend(ReadOnlySpan<char> word, List<int> output, out uint place)
    {
        place = Place(word);
        if (word.Length > MaxChars || Volatile.Read(ref _entries[place]) is not { } entry || !word.SequenceEqual(entry.Word))
            return false;
        output.AddRange(entry.Tokens.AsSpan());
        return true;
    }

    /// <summary>Remembers a word's tokens, if it is short.</summary>
    public void Add(ReadOnlySpan<char> word, uint place, ReadOnlySpan<int> tokens)
    {
        if (word.Length <= MaxChars)
            Volatile.Write(ref _entries[place], new Entry(word.ToString(), tokens.ToArray()));
    }

    private static uint Place(ReadOnlySpan<char> word)
    {
        ulong hash = (ulong)word.Length;
        var rest = MemoryMarshal.AsBytes(word[..Math.Min(word.Length, MaxChars)]);
        for (; rest.Length >= 8; rest = rest[8..])
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(rest));
        for (; rest.Length > 0; rest = rest[2..])
            hash = Mix(hash ^ MemoryMarshal.Read<ushort>(rest));
        return (uint)(hash >> 32) & (Slots - 1);
    }

    private static ulong Mix(ulong value)
    {
        value *= 0x9E37_79B9_7F4A_7C15;
        return value ^ (value >> 29);
    }

    private sealed record Entry(string Word, int[] Tokens);
}
