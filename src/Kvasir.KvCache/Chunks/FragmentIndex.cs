using System.Runtime.InteropServices;

namespace Kvasir.KvCache.Chunks;

/// <summary>
/// Finds stretches of a prompt in stored texts, wherever they begin (KVShare, arXiv 2503.16525, KV retriever): every
/// <see cref="ChunkIndexOptions.Window"/> tokens of a text are an entry, and a hash that rolls over the prompt meets them.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>Tokens decide, hashes only propose: a place is compared and extended to both sides as far as text and prompt agree.</item>
/// <item>A window's tokens have at most <see cref="ChunkIndexOptions.MaxCandidates"/> places. Of one text the first ones count, at most
/// half of them; of several texts the newest.</item>
/// <item>When a fragment is met, the places of the next <c>Window - 1</c> positions are looked at too and the longest fragment is taken,
/// of equal ones the one that begins first; the search goes on behind it. Each of them is at most as long as the one taken, so the work for a token of
/// the prompt is bounded, whatever the text.</item>
/// </list>
/// </remarks>
internal sealed class FragmentIndex(ChunkIndexOptions options, ulong seed)
{
    private readonly WindowHash _hash = new(options.Window, seed);
    private readonly Dictionary<ulong, Place[]> _places = [];

    /// <summary>Entries in all.</summary>
    public int Entries { get; private set; }

    public void Add(StoredChunk chunk)
    {
        var tokens = chunk.Tokens.Span;
        for (var offset = 0; Indexed(tokens.Length, offset); offset += options.Window)
            Add(_hash.Of(tokens.Slice(offset, options.Window)), new Place(chunk, offset));
    }

    public void Remove(StoredChunk chunk)
    {
        var tokens = chunk.Tokens.Span;
        for (var offset = 0; Indexed(tokens.Length, offset); offset += options.Window)
        {
            var hash = _hash.Of(tokens.Slice(offset, options.Window));
            if (!_places.TryGetValue(hash, out var places))
                continue;
            var left = Array.FindAll(places, place => place.Chunk != chunk);
            Entries -= places.Length - left.Length;
            if (left.Length == 0)
                _places.Remove(hash);
            else
                _places[hash] = left;
        }
    }

    /// <summary>Adds the fragments of <c>tokens[start..end]</c>, ascending and apart from each other.</summary>
    /// <returns>Tokens found.</returns>
    public int Find(ReadOnlySpan<int> tokens, int start, int end, List<ChunkHit> hits)
    {
        var found = 0;
        while (_places.Count > 0 && Next(tokens[..end], start) is { } fragment)
        {
            hits.Add(new ChunkHit(fragment.Start, fragment.Length, fragment.Chunk.Variants[^1], fragment.ChunkStart));
            found += fragment.Length;
            start = fragment.Start + fragment.Length;
        }

        return found;
    }

    /// <summary>Throws when the entries are not those of <paramref name="chunks"/>.</summary>
    public void CheckIntegrity(IReadOnlyCollection<StoredChunk> chunks)
    {
        var live = chunks.ToHashSet();
        var entries = 0;
        foreach (var (hash, places) in _places)
        {
            entries += places.Length;
            Require(places.Length is > 0 && places.Length <= options.MaxCandidates, $"a window has {places.Length} places");
            Require(places.Distinct().Count() == places.Length, "a window has a place twice");
            foreach (var (chunk, offset) in places)
            {
                Require(live.Contains(chunk), $"a window lies in chunk {chunk.Key}, which is gone");
                Require(offset % options.Window == 0 && Indexed(chunk.Tokens.Length, offset), $"offset {offset} of {chunk.Tokens.Length} is no entry");
                Require(_hash.Of(chunk.Tokens.Span.Slice(offset, options.Window)) == hash, "a window is filed under another hash");
            }
        }

        Require(entries == Entries, $"{entries} windows are filed, {Entries} are counted");

        static void Require(bool holds, string what)
        {
            if (!holds)
                throw new InvalidOperationException($"fragment index: {what}");
        }
    }

    private bool Indexed(int length, int offset) => length >= options.MinFragment && offset + options.Window <= length;

    private void Add(ulong hash, Place place)
    {
        ref var places = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, hash, out _);
        places ??= [];
        var own = places.Count(other => other.Chunk == place.Chunk);
        if (own >= options.MaxCandidates / 2)
            return;
        var skipped = places.Length == options.MaxCandidates ? 1 : 0;
        places = [.. places.AsSpan(skipped), place];
        Entries += 1 - skipped;
    }

    /// <summary>The first fragment at or behind <paramref name="start"/>, or null.</summary>
    private Fragment? Next(ReadOnlySpan<int> tokens, int start)
    {
        var window = options.Window;
        var last = tokens.Length - window;
        if (start > last)
            return null;
        Fragment? best = null;
        var hash = _hash.Of(tokens.Slice(start, window));
        for (var at = start; ; at++)
        {
            if (_places.TryGetValue(hash, out var places))
            {
                foreach (var place in places)
                {
                    if (!OnSameLine(best, place, at) && Extend(tokens, start, at, place) is { } fragment && IsBetter(fragment, best))
                    {
                        // The first one sets where the look-ahead ends.
                        last = best is null ? Math.Min(last, at + window - 1) : last;
                        best = fragment;
                    }
                }
            }

            if (at >= last)
                return best;
            hash = _hash.Roll(hash, tokens[at], tokens[at + window]);
        }
    }

    private static bool IsBetter(Fragment fragment, Fragment? best) =>
        best is not { } other || fragment.Length > other.Length || (fragment.Length == other.Length && fragment.Start < other.Start);

    private static bool OnSameLine(Fragment? best, Place place, int at) =>
        best is { } fragment && fragment.Chunk == place.Chunk && fragment.ChunkStart - fragment.Start == place.Offset - at;

    /// <summary>The longest stretch around a window on which prompt and text agree; null when it is too short.</summary>
    private Fragment? Extend(ReadOnlySpan<int> tokens, int start, int at, Place place)
    {
        var text = place.Chunk.Tokens.Span;
        var right = tokens[at..].CommonPrefixLength(text[place.Offset..]);
        if (right < options.Window)
            return null; // another window with the same hash
        var left = 0;
        while (at - left > start && place.Offset - left > 0 && tokens[at - left - 1] == text[place.Offset - left - 1])
            left++;
        return left + right < options.MinFragment ? null : new Fragment(place.Chunk, at - left, left + right, place.Offset - left);
    }

    private readonly record struct Place(StoredChunk Chunk, int Offset);

    private readonly record struct Fragment(StoredChunk Chunk, int Start, int Length, int ChunkStart);
}
