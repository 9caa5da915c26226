using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Kvasir.Benchmarks.Rag.Measures;

/// <summary>What a cache that hashes blocks on a fixed grid would have reused: blocks whose tokens an earlier prompt had on its grid.</summary>
/// <param name="block">Tokens of a block.</param>
internal sealed class GridReuse(int block)
{
    private readonly HashSet<UInt128> _known = [];

    /// <summary>Tokens found so far.</summary>
    public long Tokens { get; private set; }

    /// <summary>Looks a prompt up and takes its blocks down.</summary>
    public void Add(ReadOnlySpan<int> prompt)
    {
        var fresh = new List<UInt128>();
        for (var at = 0; at + block <= prompt.Length; at += block)
        {
            var hash = XxHash128.HashToUInt128(MemoryMarshal.AsBytes(prompt.Slice(at, block)));
            if (_known.Contains(hash))
                Tokens += block;
            else
                fresh.Add(hash);
        }

        _known.UnionWith(fresh);
    }
}
