using Kvasir.Engine.Conversations.Parsing;

namespace Kvasir.Engine.Conversations.Calls;

/// <summary>Reads a call that is a JSON object with the function's name and its arguments, in any order.</summary>
internal static class JsonCallReader
{
    private static readonly string[] NameKeys = ["name", "tool_name"];
    private static readonly string[] ArgumentKeys = ["arguments", "parameters", "args"];
    private static readonly string[] IdKeys = ["id", "tool_call_id"];

    /// <summary>One object; the input has failed when it is no call.</summary>
    public static IEnumerable<Pause> ReadObject(CallInput input)
    {
        string? name = null, arguments = null, id = null;
        var given = false;
        var next = '{';
        if (!input.TryTake(next))
        {
            input.Fail();
            yield break;
        }

        while (next != '}')
        {
            foreach (var pause in input.SkipSpace())
                yield return pause;
            if (next == '{' && input.TryTake('}'))
                break;
            foreach (var pause in input.TakeJsonText())
                yield return pause;
            var key = input.Taken;
            if (input.Ok)
            {
                foreach (var pause in input.SkipSpace())
                    yield return pause;
            }

            if (!input.Ok || !input.TryTake(':'))
            {
                input.Fail();
                yield break;
            }

            foreach (var pause in input.SkipSpace())
                yield return pause;
            var isArguments = ArgumentKeys.Contains(key);
            var stream = isArguments && name is not null && !given && input.Is('{');
            if (stream && !input.TryStart(name!, id))
            {
                input.Fail();
                yield break;
            }

            foreach (var pause in input.TakeJson(giveOut: stream))
                yield return pause;
            if (!input.Ok || (isArguments && !stream && given))
            {
                input.Fail();
                yield break;
            }

            given |= stream;
            if (isArguments && !stream)
                arguments = input.Taken;
            else if (NameKeys.Contains(key))
                name = input.Taken is ['"', ..] ? Text(input.Taken) : null;
            else if (IdKeys.Contains(key))
                id = Text(input.Taken);
            foreach (var pause in input.SkipSpace())
                yield return pause;
            next = input.Has ? input.Current : '\0';
            if (!(input.TryTake(',') || input.TryTake('}')))
            {
                input.Fail();
                yield break;
            }
        }

        if (!given && !TryGive(input, name, id, arguments))
            input.Fail();
        else
            input.End();
    }

    /// <summary>Objects in a list; the input has failed when one is no call.</summary>
    public static IEnumerable<Pause> ReadList(CallInput input)
    {
        input.TryTake('[');
        while (true)
        {
            foreach (var pause in input.SkipSpace())
                yield return pause;
            if (input.TryTake(']'))
                yield break;
            foreach (var pause in ReadObject(input))
                yield return pause;
            if (input.Failed)
                yield break;
            foreach (var pause in input.SkipSpace())
                yield return pause;
            if (input.TryTake(']') || !input.TryTake(','))
                yield break;
        }
    }

    private static bool TryGive(CallInput input, string? name, string? id, string? arguments)
    {
        // Some models write the arguments as a JSON text in a JSON string, or leave them out.
        if (arguments is ['"', ..])
            arguments = Text(arguments) is { Length: > 0 } inner ? inner : "{}";
        if (arguments is null or "null")
            arguments = "{}";
        if (name is null || !JsonScanner.IsValue(arguments, '{') || !input.TryStart(name, id))
            return false;
        input.Give(arguments.Trim());
        return true;
    }

    private static string? Text(string json) => json is ['"', ..] ? CallInput.Decode(json) : json == "null" ? null : json;
}
