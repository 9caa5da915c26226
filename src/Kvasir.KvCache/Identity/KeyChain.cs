namespace Kvasir.KvCache.Identity;

/// <summary>The keys of a growing sequence's full blocks, each computed once and when first asked for.</summary>
/// <param name="scope">The sequence's scope.</param>
/// <param name="blockRows">Tokens a block.</param>
public sealed class KeyChain(CacheScope scope, int blockRows)
{
    private readonly List<BlockKey> _keys = [];

    /// <summary>The scope.</summary>
    public CacheScope Scope => scope;

    /// <summary>Key of the first <paramref name="blocks"/> blocks of <paramref name="tokens"/>, which may only have grown between calls.</summary>
    public BlockKey At(int blocks, ReadOnlySpan<int> tokens)
    {
        while (_keys.Count < blocks)
        {
            var parent = _keys.Count == 0 ? scope.Root : _keys[^1];
            _keys.Add(scope.Chain(parent, tokens.Slice(_keys.Count * blockRows, blockRows)));
        }

        return blocks == 0 ? scope.Root : _keys[blocks - 1];
    }
}
