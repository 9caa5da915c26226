namespace Kvasir.Engine.Conversations.Parsing;

/// <summary>Text of an answer that has come and is not yet given on.</summary>
internal sealed class TextBuffer
{
    private char[] _chars = new char[256];
    private int _start;
    private int _end;

    public int Length => _end - _start;

    public ReadOnlySpan<char> Text => _chars.AsSpan(_start, Length);

    public char this[int index] => _chars[_start + index];

    public void Append(ReadOnlySpan<char> piece)
    {
        if (_end + piece.Length > _chars.Length)
        {
            var length = Length;
            var room = length + piece.Length > _chars.Length / 2 ? new char[Math.Max(2 * _chars.Length, 2 * (length + piece.Length))] : _chars;
            Text.CopyTo(room);
            _chars = room;
            _start = 0;
            _end = length;
        }

        piece.CopyTo(_chars.AsSpan(_end));
        _end += piece.Length;
    }

    /// <summary>Removes and returns the first characters.</summary>
    public string Take(int count)
    {
        var text = Text[..count].ToString();
        _start += count;
        return text;
    }
}
