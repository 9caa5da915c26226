using System.Runtime.InteropServices;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;
using Kvasir.KvCache.Tests.Support;
using Kvasir.KvCache.Virtual;

namespace Kvasir.KvCache.Tests.Tables;

/// <summary>A table, and what should be in it.</summary>
internal sealed class TableSequence
{
    private readonly List<int> _tokens = [];
    private readonly List<ulong> _histories = [];

    public TableSequence(BlockPool pool, int expectedRows = 64, PrefixMatch? prefix = null) => Table = VirtualKvTable.Create(pool, expectedRows, prefix);

    private TableSequence(UniformTable table, TableSequence parent)
    {
        Table = table;
        _tokens.AddRange(parent._tokens);
        _histories.AddRange(parent._histories);
    }

    public UniformTable Table { get; }

    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(_tokens);

    public ulong History(int position) => _histories[position];

    public void Attach(PrefixMatch match, ReadOnlySpan<int> tokens)
    {
        Table.AttachPrefix(match);
        Append(tokens);
    }

    public void Append(ReadOnlySpan<int> tokens)
    {
        foreach (var token in tokens)
        {
            _tokens.Add(token);
            _histories.Add(RowStamps.Next(_histories.Count == 0 ? 0 : _histories[^1], token));
        }
    }

    public TableSequence Fork(BlockReservation? reservation = null) => new(Table.Fork(reservation), this);

    public void Truncate(int length)
    {
        Table.Truncate(length);
        _tokens.RemoveRange(length, _tokens.Count - length);
        _histories.RemoveRange(length, _histories.Count - length);
    }
}
