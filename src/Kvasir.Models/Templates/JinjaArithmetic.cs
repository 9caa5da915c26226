namespace Kvasir.Models;

/// <summary>The operators on values.</summary>
internal static class JinjaArithmetic
{
    public static object? Apply(string op, object? a, object? b, JinjaBudget budget)
    {
        switch (op)
        {
            case "==":
                return JinjaValue.Equals(a, b);
            case "!=":
                return !JinjaValue.Equals(a, b);
            case "<":
                return JinjaValue.Compare(a, b) < 0;
            case ">":
                return JinjaValue.Compare(a, b) > 0;
            case "<=":
                return JinjaValue.Compare(a, b) <= 0;
            case ">=":
                return JinjaValue.Compare(a, b) >= 0;
            case "in":
                return JinjaValue.Contains(b, a, budget);
            case "not in":
                return !JinjaValue.Contains(b, a, budget);
            case "~":
                return budget.Made(string.Concat(JinjaValue.Text(a, budget), JinjaValue.Text(b, budget)));
        }

        if (op == "+" && a is string left && b is string right)
        {
            budget.Make((long)left.Length + right.Length);
            return left + right;
        }

        if (op == "+" && a is List<object?> x && b is List<object?> y)
        {
            budget.Step(x.Count + y.Count);
            return x.Concat(y).ToList();
        }

        if (op == "*" && a is string repeated && b is (long or bool))
        {
            long times = Math.Max(0, JinjaValue.ToLong(b));
            budget.Make(repeated.Length == 0 ? 0 : times > JinjaBudget.MaxCharacters ? times : times * repeated.Length);
            return string.Concat(Enumerable.Repeat(repeated, repeated.Length == 0 ? 0 : (int)times));
        }

        if (!JinjaValue.IsNumber(a) || !JinjaValue.IsNumber(b))
            throw new ChatTemplateException($"'{op}' is not defined for {JinjaValue.TypeName(a)} and {JinjaValue.TypeName(b)}");
        return a is double || b is double || op == "/" ? OnDoubles(op, JinjaValue.ToDouble(a), JinjaValue.ToDouble(b)) : OnLongs(op, a, b);
    }

    private static object OnDoubles(string op, double a, double b) => op switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "**" => Math.Pow(a, b),
        _ when b == 0 => throw new ChatTemplateException("division by zero"),
        "/" => a / b,
        "//" => Math.Floor(a / b),
        _ => a - (b * Math.Floor(a / b)),
    };

    private static object OnLongs(string op, object? x, object? y)
    {
        long a = JinjaValue.ToLong(x);
        long b = JinjaValue.ToLong(y);
        try
        {
            checked
            {
                switch (op)
                {
                    case "+":
                        return a + b;
                    case "-":
                        return a - b;
                    case "*":
                        return a * b;
                    case "**":
                        return Math.Pow(a, b) is var power && Math.Abs(power) < 9e15 && b >= 0 ? (object)(long)power : power;
                }

                if (b == 0)
                    throw new ChatTemplateException("division by zero");
                long quotient = a / b;
                long floor = a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient; // Python rounds towards minus infinity
                return op == "//" ? floor : a - (b * floor);
            }
        }
        catch (OverflowException e)
        {
            throw new ChatTemplateException($"{a} {op} {b} is too large", e);
        }
    }
}
