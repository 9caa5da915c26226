using Kvasir.Engine.Conversations.Parsing;

namespace Kvasir.Engine.Conversations;

/// <summary>
/// Takes an answer apart while it comes: reasoning, text and calls. The events' texts do not depend on how the answer is cut into pieces.
/// One answer, one thread at a time.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>Every character is given out once, except marks of the format and white space beside them (at most 64 characters of it).</item>
/// <item>What may be the beginning of a mark is held back until it is known to be none; nothing else is.</item>
/// <item>
/// A call that is malformed, or of a function that may not be called, is text. If it had begun, <see cref="AnswerEventKind.ToolCallFailed"/>
/// says so.
/// </item>
/// </list>
/// </remarks>
public sealed class AnswerParser
{
    private const int MaxHeldSpace = 64;

    private readonly TextBuffer _buffer = new();
    private readonly AnswerSyntax _syntax;
    private readonly CallSink _sink;
    private readonly string[] _markers;
    private List<AnswerEvent> _events = [];
    private State _state;
    private bool _mayReason;
    private bool _mayBeBare;
    private bool _dropSpace;
    private bool _ended;
    private CallInput? _input;
    private IEnumerator<Pause>? _reader;

    internal AnswerParser(AnswerSyntax syntax)
    {
        _syntax = syntax;
        _sink = new CallSink(syntax.Tools, syntax.NewId, Add);
        _markers = syntax.Calls is { } calls ? [.. calls.Markers] : [];
        _mayReason = syntax.ReasoningStart is not null;
        _mayBeBare = true;
        if (syntax.StartsInReasoning)
        {
            _state = State.Reasoning;
            _dropSpace = true;
        }
    }

    private enum State
    {
        Begin,
        Reasoning,
        Text,
        Call,
    }

    /// <summary>Adds text of the answer; returns what is certain now. The list is the caller's.</summary>
    /// <exception cref="InvalidOperationException">The answer was finished.</exception>
    public IReadOnlyList<AnswerEvent> Feed(string piece)
    {
        if (_ended)
            throw new InvalidOperationException("the answer is finished; make a new parser for another one");
        _buffer.Append(piece);
        return Run();
    }

    /// <summary>Ends the answer; returns what was held back.</summary>
    public IReadOnlyList<AnswerEvent> Finish()
    {
        _ended = true;
        return Run();
    }

    private List<AnswerEvent> Run()
    {
        while (Step())
        {
        }

        var events = _events;
        _events = [];
        return events;
    }

    private bool Step() => _state switch
    {
        State.Begin => Begin(),
        State.Reasoning => Reasoning(),
        State.Text => Text(),
        _ => Call(),
    };

    private bool Begin()
    {
        var text = _buffer.Text;
        var rest = text.TrimStart();
        var space = text.Length - rest.Length;
        if (rest.IsEmpty && !_ended && space <= MaxHeldSpace)
            return false;
        if (_mayReason && space <= MaxHeldSpace && _syntax.ReasoningStart is { } start)
        {
            if (rest.StartsWith(start, StringComparison.Ordinal))
            {
                _buffer.Take(space + start.Length);
                (_state, _dropSpace) = (State.Reasoning, true);
                return true;
            }

            if (!_ended && start.AsSpan().StartsWith(rest, StringComparison.Ordinal))
                return false;
        }

        _mayReason = false;
        var bare = _mayBeBare && space <= MaxHeldSpace && !rest.IsEmpty && _syntax.Calls?.BareStart == rest[0];
        _mayBeBare = false;
        if (bare)
            return Enter(0, space);
        if (_dropSpace)
            _buffer.Take(Math.Min(space, MaxHeldSpace));
        (_state, _dropSpace) = (State.Text, false);
        return true;
    }

    private bool Reasoning()
    {
        var end = _syntax.ReasoningEnd!;
        if (_dropSpace)
        {
            var space = _buffer.Length - _buffer.Text.TrimStart().Length;
            _dropSpace = space == _buffer.Length && !_ended;
            _buffer.Take(space);
        }

        var found = _buffer.Text.IndexOf(end, StringComparison.Ordinal);
        if (found >= 0)
        {
            Give(AnswerEventKind.Reasoning, found - SpaceBefore(found));
            _buffer.Take(_buffer.Text.IndexOf(end, StringComparison.Ordinal) + end.Length);
            (_state, _dropSpace, _mayReason) = (State.Begin, true, false);
            return true;
        }

        Give(AnswerEventKind.Reasoning, _buffer.Length - Held([end]));
        return false;
    }

    private bool Text()
    {
        var found = -1;
        foreach (var marker in _markers)
        {
            var at = _buffer.Text.IndexOf(marker, StringComparison.Ordinal);
            if (at >= 0 && (found < 0 || at < found))
                found = at;
        }

        if (found >= 0)
        {
            var space = SpaceBefore(found);
            Give(AnswerEventKind.Text, found - space);
            return Enter(0, space);
        }

        Give(AnswerEventKind.Text, _buffer.Length - Held(_markers));
        return false;
    }

    private bool Enter(int begin, int at)
    {
        _input = new CallInput(_buffer, begin + at, _sink);
        _reader = _syntax.Calls!.Read(_input).GetEnumerator();
        _state = State.Call;
        return true;
    }

    private bool Call()
    {
        var input = _input!;
        input.Ended = _ended;
        if (_reader!.MoveNext())
            return false;
        var failed = input.Failed || input.Started || input.CallBegin == 0;
        _buffer.Take(input.CallBegin);
        var rest = input.At - input.CallBegin;
        if (!failed)
        {
            _buffer.Take(rest);
            (_state, _dropSpace) = (State.Begin, true);
            return true;
        }

        // At least one character is given on, so that the same mark is not met for ever.
        if (input.CallBegin == 0)
            rest = Math.Min(Math.Max(rest, 1 + Space(_buffer.Text)), _buffer.Length);
        if (input.Started)
            _sink.Fail(_buffer.Take(rest));
        else
            Give(AnswerEventKind.Text, rest);
        _state = State.Text;
        return true;
    }

    private void Give(AnswerEventKind kind, int count)
    {
        if (count > 0)
            _events.Add(new AnswerEvent(kind, _buffer.Take(count)));
    }

    private void Add(AnswerEvent item) => _events.Add(item);

    // Characters at the end that may be the beginning of a mark, and white space before them.
    private int Held(string[] marks)
    {
        if (_ended || marks.Length == 0)
            return 0;
        var text = _buffer.Text;
        var held = 0;
        foreach (var mark in marks)
        {
            for (var length = Math.Min(mark.Length - 1, text.Length); length > held; length--)
            {
                if (text.EndsWith(mark.AsSpan(0, length), StringComparison.Ordinal))
                    held = length;
            }
        }

        return held + SpaceBefore(text.Length - held);
    }

    private int SpaceBefore(int at)
    {
        var text = _buffer.Text[..at];
        return Math.Min(text.Length - text.TrimEnd().Length, MaxHeldSpace);
    }

    private static int Space(ReadOnlySpan<char> text) => text.Length - text.TrimStart().Length;
}
