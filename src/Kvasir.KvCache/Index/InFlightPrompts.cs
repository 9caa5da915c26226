using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Index;

/// <summary>
/// Prompts that are being computed: a second request for a long common prefix waits for the first instead of computing it again.
/// </summary>
public sealed class InFlightPrompts
{
    private readonly List<Handle> _handles = [];

    /// <summary>A promise to compute a prompt. Disposing ends it, kept or not; those who waited then go on by themselves.</summary>
    public sealed class Handle : IDisposable
    {
        private readonly InFlightPrompts _owner;

        internal Handle(InFlightPrompts owner, CacheScope scope, int[] tokens)
        {
            _owner = owner;
            Scope = scope;
            Tokens = tokens;
        }

        internal CacheScope Scope { get; }

        internal int[] Tokens { get; }

        /// <inheritdoc/>
        public void Dispose() => _owner._handles.Remove(this);
    }

    /// <summary>Prompts announced and not ended.</summary>
    public int Count => _handles.Count;

    /// <summary>Announces that the rows of <paramref name="tokens"/> are being computed and will be in the index.</summary>
    public Handle Announce(CacheScope scope, int[] tokens)
    {
        var handle = new Handle(this, scope, tokens);
        _handles.Add(handle);
        return handle;
    }

    /// <summary>Tokens of the longest prefix of <paramref name="tokens"/> that somebody is computing; 0 when nobody is.</summary>
    public int LongestPromise(CacheScope scope, ReadOnlySpan<int> tokens)
    {
        var longest = 0;
        foreach (var handle in _handles)
        {
            if (handle.Scope.Root == scope.Root)
                longest = Math.Max(longest, tokens.CommonPrefixLength(handle.Tokens));
        }

        return longest;
    }
}
