using System.Text;

namespace Kvasir.Models;

/// <summary>Byte-pair encoding of a word's UTF-8 bytes (GPT-2 and most since). Short words come from a bounded cache.</summary>
internal sealed class ByteLevelBpe : PieceModel
{
    private const int StackBytes = 256;

    private readonly PairMerges _merges;
    private readonly int[] _byteTokens = new int[256];
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>>? _wholeWords;
    private readonly int? _unknown;
    private readonly bool _fuseUnknown;
    private readonly WordCache _cache = new();

    public ByteLevelBpe(Vocabulary vocabulary, BytePairRules rules)
    {
        var ids = vocabulary.TextIds();
        for (int b = 0; b < 256; b++)
            _byteTokens[b] = ids.GetValueOrDefault(ByteAlphabet.ToChar((byte)b).ToString(), -1);
        _merges = rules.Table(ids);
        _wholeWords = rules.IgnoreMerges ? ids.GetAlternateLookup<ReadOnlySpan<char>>() : null;
        (_unknown, _fuseUnknown) = (rules.UnknownId, rules.FuseUnknown);
    }

    /// <remarks>Bytes that the vocabulary has no token for become the unknown token, or are dropped where there is none.</remarks>
    public override void Encode(ReadOnlySpan<char> word, List<int> output)
    {
        if (_cache.TryAppend(word, output, out uint place))
            return;
        int start = output.Count;
        Merge(word, output);
        _cache.Add(word, place, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(output)[start..]);
    }

    private void Merge(ReadOnlySpan<char> word, List<int> output)
    {
        int size = Encoding.UTF8.GetMaxByteCount(word.Length);
        Span<byte> bytes = size <= StackBytes ? stackalloc byte[StackBytes] : new byte[size];
        bytes = bytes[..Encoding.UTF8.GetBytes(word, bytes)];
        if (_wholeWords is { } whole)
        {
            Span<char> chars = bytes.Length <= StackBytes ? stackalloc char[StackBytes] : new char[bytes.Length];
            for (int i = 0; i < bytes.Length; i++)
                chars[i] = ByteAlphabet.ToChar(bytes[i]);
            if (whole.TryGetValue(chars[..bytes.Length], out int id))
            {
                output.Add(id);
                return;
            }
        }

        Span<int> symbols = bytes.Length <= StackBytes ? stackalloc int[StackBytes] : new int[bytes.Length];
        int count = 0;
        foreach (byte b in bytes)
        {
            int id = _byteTokens[b];
            if (id < 0 && _unknown is { } unknown && !(_fuseUnknown && count > 0 && symbols[count - 1] == unknown))
                id = unknown;
            if (id >= 0)
                symbols[count++] = id;
        }

        output.AddRange(symbols[.._merges.Merge(symbols[..count])]);
    }
}
