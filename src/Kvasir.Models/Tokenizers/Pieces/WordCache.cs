using System.Runtime.InteropServices;

namespace Kvasir.Models;

/// <summary>
/// Tokens of words that were seen: a table of fixed size with two places for each word, in which a new word displaces the one that was not
/// found last. Entries are immutable and their references are written at once, so that readers need no lock.
/// </summary>
internal sealed class WordCache
{
    private const int Slots = 1 << 16;
    private const int MaxChars = 48;

    private readonly Entry?[] _entries = new Entry?[Slots];

    /// <summary>Appends a known word's tokens.</summary>
    public bool TryAppend(ReadOnlySpan<char> word, List<int> output, out uint place)
    {
        place = Place(word);
        if (word.Length > MaxChars)
            return false;
        if (_entries[place] is { } entry && word.SequenceEqual(entry.Word))
        {
            Append(entry, output);
            return true;
        }

        if (_entries[place ^ 1] is { } other && word.SequenceEqual(other.Word))
        {
            // The word that was found last stands first; a race only loses an entry.
            _entries[place ^ 1] = _entries[place];
            _entries[place] = other;
            Append(other, output);
            return true;
        }

        return false;
    }

    /// <summary>Remembers a word's tokens, if it is short.</summary>
    public void Add(ReadOnlySpan<char> word, uint place, ReadOnlySpan<int> tokens)
    {
        if (word.Length > MaxChars)
            return;
        _entries[place ^ 1] = _entries[place];
        Volatile.Write(ref _entries[place], new Entry(word.ToString(), tokens.ToArray()));
    }

    private static void Append(Entry entry, List<int> output)
    {
        if (entry.Tokens.Length == 1)
            output.Add(entry.Tokens[0]);
        else
            output.AddRange(entry.Tokens.AsSpan());
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
