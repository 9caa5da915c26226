namespace Kvasir.Engine.Sampling;

/// <summary>
/// Finds stop strings in the bytes of an answer, token by token, without looking back: one Knuth-Morris-Pratt automaton a string.
/// </summary>
internal sealed class StopMatcher
{
    private readonly byte[][] _patterns;
    private readonly int[][] _failures;
    private readonly int[] _matched;

    /// <summary>Creates a matcher for UTF-8 stop strings.</summary>
    /// <exception cref="ArgumentException">A stop string is empty.</exception>
    public StopMatcher(IReadOnlyList<string> stops)
    {
        _patterns = new byte[stops.Count][];
        _failures = new int[stops.Count][];
        _matched = new int[stops.Count];
        for (var i = 0; i < stops.Count; i++)
        {
            if (string.IsNullOrEmpty(stops[i]))
                throw new ArgumentException($"stop string {i} is empty; leave it out or give it text", nameof(stops));
            _patterns[i] = System.Text.Encoding.UTF8.GetBytes(stops[i]);
            _failures[i] = FailureLinks(_patterns[i]);
        }
    }

    /// <summary>Bytes seen so far.</summary>
    public long ByteCount { get; private set; }

    /// <summary>Where the first found stop string starts, in bytes of the answer; -1 while none was found.</summary>
    public long StopAt { get; private set; } = -1;

    /// <summary>Feeds a token's bytes; true when a stop string is complete.</summary>
    public bool Feed(ReadOnlySpan<byte> bytes)
    {
        foreach (var next in bytes)
        {
            ByteCount++;
            for (var i = 0; i < _patterns.Length; i++)
            {
                var pattern = _patterns[i];
                var matched = _matched[i];
                while (matched > 0 && pattern[matched] != next)
                    matched = _failures[i][matched - 1];
                if (pattern[matched] == next)
                    matched++;
                if (matched == pattern.Length)
                {
                    var start = ByteCount - pattern.Length;
                    StopAt = StopAt < 0 ? start : Math.Min(StopAt, start);
                    matched = _failures[i][matched - 1];
                }

                _matched[i] = matched;
            }

            if (StopAt >= 0)
                return true;
        }

        return false;
    }

    /// <summary>Bytes at the end of what was fed that may still become part of a stop string.</summary>
    public int PendingBytes
    {
        get
        {
            var pending = 0;
            foreach (var matched in _matched)
                pending = Math.Max(pending, matched);
            return pending;
        }
    }

    private static int[] FailureLinks(byte[] pattern)
    {
        var links = new int[pattern.Length];
        for (int i = 1, matched = 0; i < pattern.Length; i++)
        {
            while (matched > 0 && pattern[matched] != pattern[i])
                matched = links[matched - 1];
            if (pattern[matched] == pattern[i])
                matched++;
            links[i] = matched;
        }

        return links;
    }
}
