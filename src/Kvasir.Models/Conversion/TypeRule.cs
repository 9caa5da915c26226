using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>Gives tensors whose GGUF name matches a pattern a data type of their own, e.g. <c>blk.*.ffn_down=Q5_1</c>.</summary>
/// <param name="Pattern">A GGUF tensor name, with or without <c>.weight</c>; <c>*</c> stands for any characters.</param>
/// <param name="Type">The type.</param>
public sealed record TypeRule(string Pattern, DataType Type)
{
    /// <summary>Reads a list such as <c>token_embd=Q8_0,blk.*.ffn_down=Q5_1</c>. Of several rules that match, the last counts.</summary>
    /// <exception cref="FormatException">An entry is not <c>pattern=type</c>.</exception>
    public static IReadOnlyList<TypeRule> ParseList(string text)
    {
        var rules = new List<TypeRule>();
        foreach (string entry in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var sides = entry.Split('=', StringSplitOptions.TrimEntries);
            if (sides.Length != 2 || sides[0].Length == 0 || !DataTypeInfo.TryParse(sides[1], out var type))
            {
                throw new FormatException(
                    $"\"{entry}\" is not a rule; write pattern=type, e.g. blk.*.ffn_down=Q5_1, with a type of "
                    + $"{string.Join(", ", Enum.GetNames<DataType>())}");
            }

            rules.Add(new TypeRule(sides[0], type));
        }

        return rules;
    }

    /// <summary>Whether the rule is about the tensor.</summary>
    public bool Matches(string tensorName) =>
        Glob(Pattern, tensorName) || (tensorName.EndsWith(".weight", StringComparison.Ordinal) && Glob(Pattern, tensorName[..^".weight".Length]));

    // Greedy with one point of return: linear in practice, quadratic at worst.
    private static bool Glob(string pattern, string text)
    {
        int p = 0, t = 0, star = -1, resume = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = t;
            }
            else if (p < pattern.Length && pattern[p] == text[t])
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++resume;
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(p).TrimStart('*').IsEmpty;
    }
}
