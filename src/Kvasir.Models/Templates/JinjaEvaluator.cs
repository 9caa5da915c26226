using System.Runtime.CompilerServices;

namespace Kvasir.Models;

/// <summary>Evaluates expressions.</summary>
internal sealed class JinjaEvaluator(JinjaBudget budget)
{
    /// <summary>How deep expressions may nest; the size of a stack frame, and so of what a stack holds, varies from run to run.</summary>
    private const int MaxDepth = 10_000;

    private int _depth;

    public object? Evaluate(JinjaExpression expression, JinjaScope scope)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (_depth >= MaxDepth)
            throw new ChatTemplateException($"its expressions nest more than {MaxDepth} deep");
        _depth++;
        try
        {
            return EvaluateNode(expression, scope);
        }
        finally
        {
            _depth--;
        }
    }

    private object? EvaluateNode(JinjaExpression expression, JinjaScope scope)
    {
        budget.Step();
        switch (expression)
        {
            case JinjaExpression.Literal literal:
                return literal.Value;
            case JinjaExpression.Name name:
                return scope.Get(name.Id);
            case JinjaExpression.Member member:
                return Member(Evaluate(member.Target, scope), Evaluate(member.Key, scope), member);
            case JinjaExpression.Slice slice:
                return Slice(slice, scope);
            case JinjaExpression.Call call:
                return Call(call, scope);
            case JinjaExpression.Filter filter:
                return JinjaFilters.Run(filter.Id, Evaluate(filter.Target, scope), Arguments(filter.Id, filter.Given, scope), budget);
            case JinjaExpression.Test test:
                return JinjaTests.Run(test.Id, Evaluate(test.Target, scope), Arguments(test.Id, test.Given, scope), budget) != test.Negated;
            case JinjaExpression.Unary unary:
                return Unary(unary.Operator, Evaluate(unary.Operand, scope));
            case JinjaExpression.Binary { Operator: "and" } and:
                object? first = Evaluate(and.Left, scope);
                return JinjaValue.IsTrue(first) ? Evaluate(and.Right, scope) : first;
            case JinjaExpression.Binary { Operator: "or" } or:
                object? either = Evaluate(or.Left, scope);
                return JinjaValue.IsTrue(either) ? either : Evaluate(or.Right, scope);
            case JinjaExpression.Binary binary:
                return JinjaArithmetic.Apply(binary.Operator, Evaluate(binary.Left, scope), Evaluate(binary.Right, scope), budget);
            case JinjaExpression.Conditional conditional:
                if (JinjaValue.IsTrue(Evaluate(conditional.Condition, scope)))
                    return Evaluate(conditional.Then, scope);
                return conditional.Else is null ? JinjaUndefined.Instance : Evaluate(conditional.Else, scope);
            case JinjaExpression.ListOf list:
                return list.Items.Select(i => Evaluate(i, scope)).ToList();
            case JinjaExpression.DictOf dict:
                return Dict(dict, scope);
            default:
                throw new InvalidOperationException($"no rule for {expression.GetType().Name}");
        }
    }

    private object Unary(string op, object? value) => op switch
    {
        "not" => !JinjaValue.IsTrue(value),
        "-" => JinjaArithmetic.Apply("*", value, -1L, budget)!,
        _ => value is double ? value : JinjaValue.ToLong(value),
    };

    private OrderedDictionary<string, object?> Dict(JinjaExpression.DictOf dict, JinjaScope scope)
    {
        var map = new OrderedDictionary<string, object?>();
        foreach (var (key, value) in dict.Items)
            map[Evaluate(key, scope) as string ?? throw Error(key, "a mapping's keys must be strings")] = Evaluate(value, scope);
        return map;
    }

    private object? Member(object? target, object? key, JinjaExpression.Member place)
    {
        switch (target, key)
        {
            case (OrderedDictionary<string, object?> map, string name):
                return map.TryGetValue(name, out object? value) ? value : (object?)JinjaMethods.Find(map, name, budget) ?? JinjaUndefined.Instance;
            case (JinjaNamespace space, string name):
                return space.Fields.TryGetValue(name, out object? field) ? field : JinjaUndefined.Instance;
            case (List<object?> list, long index):
                return At(list, index);
            case (string text, long index):
                return At([.. JinjaValue.Items(text, budget)], index);
            case (JinjaUndefined or null, _):
                string what = place.Target is JinjaExpression.Name n ? $"\"{n.Id}\"" : JinjaValue.TypeName(target);
                throw Error(place, $"{what} has no value, so \"{JinjaValue.Text(key, budget)}\" cannot be taken from it");
            case (_, string name):
                return (object?)JinjaMethods.Find(target, name, budget) ?? JinjaUndefined.Instance;
            default:
                return JinjaUndefined.Instance;
        }
    }

    private static object? At(List<object?> list, long index)
    {
        index = index < 0 ? index + list.Count : index;
        return index >= 0 && index < list.Count ? list[(int)index] : JinjaUndefined.Instance;
    }

    private object Slice(JinjaExpression.Slice slice, JinjaScope scope)
    {
        object? target = Evaluate(slice.Target, scope);
        var items = JinjaValue.Items(target, budget);
        budget.Step(items.Count);
        long step = Bound(slice.Step, scope) ?? 1;
        if (step == 0)
            throw Error(slice, "a slice's step is zero");
        long count = items.Count;
        long low = step > 0 ? 0 : -1;
        long high = step > 0 ? count : count - 1;
        long Clip(long? at, long otherwise) => at is { } a ? Math.Clamp(a < 0 ? a + count : a, low, high) : otherwise;
        long start = Clip(Bound(slice.Start, scope), step > 0 ? low : high);
        long stop = Clip(Bound(slice.Stop, scope), step > 0 ? high : low);
        var part = new List<object?>();
        for (Int128 i = start; step > 0 ? i < stop : i > stop; i += step)
            part.Add(items[(int)i]);
        return target is string ? budget.Made(string.Concat(part)) : part;
    }

    private long? Bound(JinjaExpression? expression, JinjaScope scope) =>
        expression is null || Evaluate(expression, scope) is not { } value ? null : JinjaValue.ToLong(value);

    private object? Call(JinjaExpression.Call call, JinjaScope scope)
    {
        object? target = Evaluate(call.Target, scope);
        string name = call.Target switch
        {
            JinjaExpression.Name n => n.Id,
            JinjaExpression.Member { Key: JinjaExpression.Literal { Value: string s } } => s,
            _ => "the value",
        };
        return target is JinjaFunction function ? function(Arguments(name, call.Given, scope)) : throw Error(call, $"{name} is not a function");
    }

    private JinjaArguments Arguments(string callee, JinjaExpression.Arguments arguments, JinjaScope scope)
    {
        var named = new OrderedDictionary<string, object?>();
        var positional = new List<object?>();
        foreach (var argument in arguments.Positional)
        {
            if (argument is JinjaExpression.Spread spread)
                positional.AddRange(JinjaValue.Items(Evaluate(spread.Operand, scope), budget));
            else
                positional.Add(Evaluate(argument, scope));
        }

        foreach (var (name, value) in arguments.Named)
        {
            if (value is not JinjaExpression.Spread spread)
                named[name] = Evaluate(value, scope);
            else if (Evaluate(spread.Operand, scope) is OrderedDictionary<string, object?> map)
                map.ToList().ForEach(p => named[p.Key] = p.Value);
            else
                throw Error(spread, "what stands after ** must be a mapping");
        }

        budget.Step(positional.Count + named.Count);
        return new JinjaArguments(callee, positional, named);
    }

    private static ChatTemplateException Error(JinjaExpression place, string problem) => new($"line {place.Line}: {problem}");
}
