using System.Text;

namespace Kvasir.Models;

/// <summary>
/// Rewrites the regular expressions of tokenizer files (Oniguruma, Rust) for .NET: possessive quantifiers become atomic groups,
/// <c>^</c> and <c>$</c>, which there are ends of lines, become explicit, and where case is ignored the long s is an s, as Unicode folds it.
/// </summary>
internal static class RegexTranslator
{
    private const char LongS = '\u017F';

    public static string Translate(string pattern)
    {
        var output = new StringBuilder(pattern.Length + 16);
        var groups = new Stack<(int Start, bool IgnoresCase)>();
        bool ignoresCase = false;
        int atom = 0; // where in the output the last atom begins
        for (int i = 0; i < pattern.Length;)
        {
            char c = pattern[i];
            switch (c)
            {
                case '\\':
                    atom = output.Length;
                    int escape = EscapeLength(pattern, i);
                    output.Append(pattern, i, escape);
                    i += escape;
                    break;
                case '[':
                    atom = output.Length;
                    int end = ClassEnd(pattern, i);
                    output.Append(pattern, i, end - i);
                    if (ignoresCase && end - i > 2 && pattern[end - 1] == ']' && pattern.AsSpan(i, end - i).ContainsAny('s', 'S'))
                        output.Insert(output.Length - 1, LongS);
                    i = end;
                    break;
                case 's' or 'S' when ignoresCase:
                    atom = output.Length;
                    output.Append('[').Append(c).Append(LongS).Append(']');
                    i++;
                    break;
                case '(':
                    groups.Push((output.Length, ignoresCase));
                    ignoresCase |= pattern.AsSpan(i).StartsWith("(?i");
                    output.Append(c);
                    i++;
                    break;
                case ')':
                    bool option = pattern.AsSpan(0, i + 1).EndsWith("(?i)"); // holds for what follows
                    (atom, bool outside) = groups.Count > 0 ? groups.Pop() : (output.Length, false);
                    ignoresCase = option || outside;
                    output.Append(c);
                    i++;
                    break;
                case '*' or '+' or '?' or '{' when IsQuantifier(pattern, i, output.Length, out int length):
                    output.Append(pattern, i, length);
                    i += length;
                    if (i < pattern.Length && pattern[i] == '+')
                    {
                        output.Insert(atom, "(?>").Append(')');
                        i++;
                    }

                    break;
                case '$':
                    atom = output.Length;
                    output.Append("(?=\\n|\\z)");
                    i++;
                    break;
                case '^':
                    atom = output.Length;
                    output.Append("(?<![^\\n])");
                    i++;
                    break;
                default:
                    atom = output.Length;
                    output.Append(c);
                    i++;
                    break;
            }
        }

        return output.ToString();
    }

    private static int EscapeLength(string pattern, int i)
    {
        if (i + 2 < pattern.Length && pattern[i + 1] is 'p' or 'P' && pattern[i + 2] == '{')
        {
            int close = pattern.IndexOf('}', i);
            if (close > 0)
                return close + 1 - i;
        }

        return Math.Min(2, pattern.Length - i);
    }

    private static int ClassEnd(string pattern, int i)
    {
        int at = i + 1;
        if (at < pattern.Length && pattern[at] == '^')
            at++;
        if (at < pattern.Length && pattern[at] == ']')
            at++;
        while (at < pattern.Length && pattern[at] != ']')
            at += pattern[at] == '\\' ? 2 : 1;
        return Math.Min(at + 1, pattern.Length);
    }

    // A '?' that follows '(' opens a group option and is no quantifier.
    private static bool IsQuantifier(string pattern, int i, int written, out int length)
    {
        length = 1;
        if (written == 0 || (i > 0 && pattern[i - 1] == '(' && !(i > 1 && pattern[i - 2] == '\\')))
            return false;
        if (pattern[i] != '{')
            return true;
        int close = pattern.IndexOf('}', i);
        if (close < 0 || close == i + 1 || !pattern.AsSpan(i + 1, close - i - 1).ToString().All(c => char.IsAsciiDigit(c) || c == ','))
            return false;
        length = close + 1 - i;
        return true;
    }
}
