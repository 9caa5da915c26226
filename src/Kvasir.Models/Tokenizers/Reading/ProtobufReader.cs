using System.Buffers.Binary;
using System.Text;

namespace Kvasir.Models;

/// <summary>Reads the wire format of protocol buffers field by field; every length is checked against what is there.</summary>
internal ref struct ProtobufReader(string path, ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private int _at;
    private int _wire;

    /// <summary>Goes to the next field.</summary>
    /// <returns>Its number, or 0 at the end.</returns>
    public int Next()
    {
        if (_at == _data.Length)
            return 0;
        ulong key = Varint();
        _wire = (int)(key & 7);
        ulong field = key >> 3;
        return field is > 0 and <= int.MaxValue ? (int)field : throw Error($"the field number {field} is not valid");
    }

    public ulong Number()
    {
        Require(0);
        return Varint();
    }

    public float Single()
    {
        Require(5);
        return BinaryPrimitives.ReadSingleLittleEndian(Take(4));
    }

    public ReadOnlySpan<byte> Bytes()
    {
        Require(2);
        ulong length = Varint();
        return length <= (ulong)(_data.Length - _at) ? Take((int)length) : throw Error($"{length} bytes are announced, {_data.Length - _at} are left");
    }

    /// <summary>Text; bytes that are not valid UTF-8 become U+FFFD.</summary>
    public string Text() => Encoding.UTF8.GetString(Bytes());

    public void Skip()
    {
        switch (_wire)
        {
            case 0:
                Varint();
                break;
            case 1:
                Take(8);
                break;
            case 2:
                Bytes();
                break;
            case 5:
                Take(4);
                break;
            default:
                throw Error($"the wire type {_wire} is not read");
        }
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte part = Take(1)[0];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }

        throw Error("a number has more than ten bytes");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _data.Length - _at)
            throw Error("the data ends within a field");
        var taken = _data.Slice(_at, count);
        _at += count;
        return taken;
    }

    private readonly void Require(int wire)
    {
        if (_wire != wire)
            throw Error($"wire type {wire} was expected, found {_wire}");
    }

    private readonly ModelFormatException Error(string problem) => new(path, $"not a SentencePiece model: {problem}", (long)_at);
}
