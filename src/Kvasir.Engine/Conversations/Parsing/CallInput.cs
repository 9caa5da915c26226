using System.Text.Json;

namespace Kvasir.Engine.Conversations.Parsing;

/// <summary>
/// What a reader of calls reads from and writes to. The reader is a coroutine: its steps, which are those of this class, pause where the text
/// is used up, and never once <see cref="Ended"/> is set. A step leaves its result in <see cref="Ok"/> and <see cref="Taken"/>.
/// </summary>
internal sealed class CallInput(TextBuffer buffer, int at, CallSink sink)
{
    /// <summary>Longer names are no names.</summary>
    public const int MaxName = 128;

    /// <summary>The next character's place in the buffer.</summary>
    public int At { get; private set; } = at;

    /// <summary>Where what has not yet become a call begins.</summary>
    public int CallBegin { get; private set; }

    /// <summary>No more text will come.</summary>
    public bool Ended { get; set; }

    /// <summary>What stands from <see cref="CallBegin"/> to <see cref="At"/> is no call.</summary>
    public bool Failed { get; private set; }

    /// <summary>Whether the last step found what it looked for.</summary>
    public bool Ok { get; private set; }

    /// <summary>What the last step took.</summary>
    public string Taken { get; private set; } = "";

    /// <summary>Whether the call's beginning has been given out.</summary>
    public bool Started { get; private set; }

    /// <summary>The functions.</summary>
    public ToolSet Tools => sink.Tools;

    /// <summary>Whether any character is there.</summary>
    public bool Has => At < buffer.Length;

    public char Current => buffer[At];

    public bool Is(char c) => Has && Current == c;

    public bool TryTake(char c)
    {
        if (!Is(c))
            return false;
        At++;
        return true;
    }

    /// <summary>Goes to the next character that is no white space.</summary>
    public IEnumerable<Pause> SkipSpace()
    {
        while (true)
        {
            while (Has && char.IsWhiteSpace(Current))
                At++;
            if (Has || Ended)
                yield break;
            yield return Pause.NeedsMore;
        }
    }

    /// <summary>Takes this text if it stands here.</summary>
    public IEnumerable<Pause> Take(string literal)
    {
        while (true)
        {
            var there = buffer.Text[At..];
            Ok = there.StartsWith(literal, StringComparison.Ordinal);
            if (Ok)
            {
                At += literal.Length;
                yield break;
            }

            if (Ended || !literal.AsSpan().StartsWith(there, StringComparison.Ordinal))
                yield break;
            yield return Pause.NeedsMore;
        }
    }

    /// <summary>Takes one of these texts if it stands here; which one is in <see cref="Taken"/>.</summary>
    public IEnumerable<Pause> TakeAny(IReadOnlyList<string> literals)
    {
        foreach (var literal in literals)
        {
            foreach (var pause in Take(literal))
                yield return pause;
            if (!Ok)
                continue;
            Taken = literal;
            yield break;
        }
    }

    /// <summary>Takes what comes before <paramref name="end"/>, and the end itself.</summary>
    public IEnumerable<Pause> TakeUntil(string end)
    {
        var from = At;
        while (true)
        {
            var found = buffer.Text[At..].IndexOf(end, StringComparison.Ordinal);
            Ok = found >= 0;
            if (Ok)
            {
                Taken = buffer.Text[from..(At + found)].ToString();
                At += found + end.Length;
                yield break;
            }

            At = Ended ? buffer.Length : Math.Max(At, buffer.Length - end.Length + 1);
            if (Ended)
                yield break;
            yield return Pause.NeedsMore;
        }
    }

    /// <summary>Takes letters, digits and what <paramref name="others"/> holds; not more than a name may have.</summary>
    public IEnumerable<Pause> TakeWord(string others = "_-.")
    {
        var from = At;
        while (true)
        {
            while (Has && At - from <= MaxName && (char.IsLetterOrDigit(Current) || others.Contains(Current)))
                At++;
            if (Has || Ended)
                break;
            yield return Pause.NeedsMore;
        }

        Taken = buffer.Text[from..At].ToString();
        Ok = Taken.Length is > 0 and <= MaxName;
    }

    /// <summary>Takes one JSON value.</summary>
    /// <param name="first">What it must begin with; 0 for any.</param>
    /// <param name="giveOut">Whether it is given out as arguments as it comes.</param>
    public IEnumerable<Pause> TakeJson(char first = '\0', bool giveOut = false)
    {
        var from = At;
        var given = At;
        var scanner = new JsonScanner();
        var result = first == 0 || !Has || Is(first) ? JsonScan.More : JsonScan.Error;
        while (result == JsonScan.More)
        {
            while (Has && result == JsonScan.More)
            {
                result = At == from && first != 0 && !Is(first) ? JsonScan.Error : scanner.Feed(Current);
                if (result is JsonScan.More or JsonScan.Done)
                    At++;
            }

            if (giveOut && At > given)
                Give(buffer.Text[given..At].ToString());
            given = At;
            if (result != JsonScan.More)
                break;
            if (Ended)
            {
                result = scanner.IsNumberComplete ? JsonScan.Done : JsonScan.Error;
                break;
            }

            yield return Pause.NeedsMore;
        }

        Ok = result != JsonScan.Error;
        Taken = Ok ? buffer.Text[from..At].ToString() : "";
    }

    /// <summary>Takes a JSON string and decodes it.</summary>
    public IEnumerable<Pause> TakeJsonText()
    {
        foreach (var pause in TakeJson('"'))
            yield return pause;
        if (Ok)
            Taken = Decode(Taken);
    }

    /// <summary>Takes a call's arguments inside brackets or quotes of any depth, up to the parenthesis that closes it.</summary>
    public IEnumerable<Pause> TakeToParenthesis()
    {
        var from = At;
        var depth = 0;
        var quote = '\0';
        while (true)
        {
            for (; Has; At++)
            {
                var c = Current;
                if (quote != 0)
                {
                    if (c == '\\' && At + 1 == buffer.Length)
                        break;
                    if (c == '\\')
                        At++;
                    else if (c == quote)
                        quote = '\0';
                }
                else if (c is '"' or '\'')
                {
                    quote = c;
                }
                else if (c is '(' or '[' or '{')
                {
                    depth++;
                }
                else if (c == ')' && depth == 0)
                {
                    Taken = buffer.Text[from..At].ToString();
                    Ok = true;
                    At++;
                    yield break;
                }
                else if (c is ')' or ']' or '}' && --depth < 0)
                {
                    Ok = false;
                    yield break;
                }
            }

            Ok = false;
            if (Ended)
            {
                At = buffer.Length;
                yield break;
            }

            yield return Pause.NeedsMore;
        }
    }

    /// <summary>Gives out a call's beginning; false where no such function may be called.</summary>
    public bool TryStart(string name, string? id = null)
    {
        if (Started || !sink.Tools.Admits(name))
            return false;
        Started = true;
        sink.Start(name, id);
        return true;
    }

    /// <summary>Gives out more of the arguments.</summary>
    public void Give(string arguments) => sink.Arguments(arguments);

    /// <summary>The call is complete: what follows is another's.</summary>
    public void End()
    {
        sink.End();
        Started = false;
        CallBegin = At;
    }

    public void Fail() => Failed = true;

    /// <summary>The text of a JSON string.</summary>
    public static string Decode(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetString()!;
    }
}
