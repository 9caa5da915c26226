using System.Runtime.CompilerServices;
using System.Text;

namespace Kvasir.Models;

/// <summary>Runs a template's statements once.</summary>
internal sealed class JinjaInterpreter
{
    private readonly JinjaBudget _budget = new();
    private readonly JinjaEvaluator _evaluator;
    private readonly JinjaScope _root = new(null);
    private StringBuilder _output = new();

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    private JinjaInterpreter(TimeProvider time)
    {
        _evaluator = new JinjaEvaluator(_budget);
        JinjaGlobals.AddTo(_root, _budget, time);
    }

    public static string Run(IReadOnlyList<JinjaStatement> template, IEnumerable<KeyValuePair<string, object?>> variables, TimeProvider time)
    {
        var interpreter = new JinjaInterpreter(time);
        foreach (var (name, value) in variables)
            interpreter._root.Set(name, value);
        interpreter.RunBody(template, interpreter._root);
        return interpreter._output.ToString();
    }

    private Flow RunBody(IReadOnlyList<JinjaStatement> body, JinjaScope scope)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        foreach (var statement in body)
        {
            _budget.Step();
            var flow = RunOne(statement, scope);
            if (flow != Flow.Next)
                return flow;
        }

        return Flow.Next;
    }

    private Flow RunOne(JinjaStatement statement, JinjaScope scope)
    {
        switch (statement)
        {
            case JinjaStatement.Text text:
                Write(text.Value);
                return Flow.Next;
            case JinjaStatement.Output output:
                Write(JinjaValue.Text(_evaluator.Evaluate(output.Value, scope), _budget));
                return Flow.Next;
            case JinjaStatement.If branches:
                foreach (var (condition, body) in branches.Branches)
                {
                    if (condition is null || JinjaValue.IsTrue(_evaluator.Evaluate(condition, scope)))
                        return RunBody(body, scope);
                }

                return Flow.Next;
            case JinjaStatement.For loop:
                RunLoop(loop, scope);
                return Flow.Next;
            case JinjaStatement.Set set:
                Assign(set, _evaluator.Evaluate(set.Value, scope), scope);
                return Flow.Next;
            case JinjaStatement.SetBlock set:
                string captured = Capture(set.Body, new JinjaScope(scope));
                scope.Set(set.Target, set.Filtered is null ? captured : Filter(set.Filtered, captured, scope));
                return Flow.Next;
            case JinjaStatement.FilterBlock block:
                Write(JinjaValue.Text(Filter(block.Filtered, Capture(block.Body, new JinjaScope(scope)), scope), _budget));
                return Flow.Next;
            case JinjaStatement.Macro defined:
                scope.Set(defined.Name, (JinjaFunction)(arguments => CallMacro(defined, arguments, scope)));
                return Flow.Next;
            case JinjaStatement.CallBlock call:
                var inner = new JinjaScope(scope);
                var macro = new JinjaStatement.Macro("caller", call.Parameters, call.Body, call.Line);
                inner.Set("caller", (JinjaFunction)(arguments => CallMacro(macro, arguments, scope)));
                Write(JinjaValue.Text(_evaluator.Evaluate(call.Call, inner), _budget));
                return Flow.Next;
            case JinjaStatement.Block plain:
                return RunBody(plain.Body, scope);
            case JinjaStatement.Break:
                return Flow.Break;
            default:
                return Flow.Continue;
        }
    }

    private void Write(string text)
    {
        _budget.Make(text.Length);
        _output.Append(text);
    }

    private string Capture(IReadOnlyList<JinjaStatement> body, JinjaScope scope)
    {
        var outer = _output;
        _output = new StringBuilder();
        try
        {
            RunBody(body, scope);
            return _output.ToString();
        }
        finally
        {
            _output = outer;
        }
    }

    private object? Filter(JinjaExpression filtered, string body, JinjaScope scope)
    {
        var inner = new JinjaScope(scope);
        inner.Set(JinjaStatement.BodyName, body);
        return _evaluator.Evaluate(filtered, inner);
    }

    private void RunLoop(JinjaStatement.For loop, JinjaScope scope)
    {
        var items = JinjaValue.Items(_evaluator.Evaluate(loop.Items, scope), _budget);
        if (loop.Condition is not null)
        {
            items = items.Where(item =>
            {
                var inner = new JinjaScope(scope);
                Unpack(loop.Targets, item, inner, loop.Line);
                return JinjaValue.IsTrue(_evaluator.Evaluate(loop.Condition, inner));
            }).ToList();
        }

        if (items.Count == 0)
        {
            RunBody(loop.Else, scope);
            return;
        }

        for (int i = 0; i < items.Count; i++)
        {
            _budget.Step();
            var inner = new JinjaScope(scope);
            inner.Set("loop", LoopVariables(items, i));
            Unpack(loop.Targets, items[i], inner, loop.Line);
            if (RunBody(loop.Body, inner) == Flow.Break)
                return;
        }
    }

    private static OrderedDictionary<string, object?> LoopVariables(IReadOnlyList<object?> items, int i) => new()
    {
        ["index"] = i + 1L,
        ["index0"] = (long)i,
        ["revindex"] = (long)(items.Count - i),
        ["revindex0"] = items.Count - i - 1L,
        ["first"] = i == 0,
        ["last"] = i == items.Count - 1,
        ["length"] = (long)items.Count,
        ["previtem"] = i > 0 ? items[i - 1] : JinjaUndefined.Instance,
        ["nextitem"] = i + 1 < items.Count ? items[i + 1] : JinjaUndefined.Instance,
        ["cycle"] = (JinjaFunction)(a => a.Count > 0 ? a.Positional[i % a.Count] : throw a.Error("needs arguments")),
    };

    private void Assign(JinjaStatement.Set set, object? value, JinjaScope scope)
    {
        if (set.Attribute is not { } attribute)
        {
            Unpack(set.Targets, value, scope, set.Line);
            return;
        }

        if (scope.Get(set.Targets[0]) is not JinjaNamespace space)
            throw new ChatTemplateException($"line {set.Line}: \"{set.Targets[0]}\" is not a namespace, so its \"{attribute}\" cannot be set");
        space.Fields[attribute] = value;
    }

    private void Unpack(IReadOnlyList<string> targets, object? value, JinjaScope scope, int line)
    {
        if (targets.Count == 1)
        {
            scope.Set(targets[0], value);
            return;
        }

        var items = JinjaValue.Items(value, _budget);
        if (items.Count != targets.Count)
            throw new ChatTemplateException($"line {line}: {items.Count} values for {targets.Count} names");
        for (int i = 0; i < items.Count; i++)
            scope.Set(targets[i], items[i]);
    }

    private string CallMacro(JinjaStatement.Macro macro, JinjaArguments arguments, JinjaScope defined)
    {
        _budget.EnterMacro();
        var scope = new JinjaScope(defined);
        if (arguments.Count > macro.Parameters.Count)
            throw arguments.Error($"{arguments.Count} arguments for {macro.Parameters.Count} parameters");
        for (int i = 0; i < macro.Parameters.Count; i++)
        {
            var (name, standard) = macro.Parameters[i];
            object? value = arguments.Has(i, name) ? arguments.Value(i, name)
                : standard is null ? JinjaUndefined.Instance : _evaluator.Evaluate(standard, scope);
            scope.Set(name, value);
        }

        if (arguments.Named.TryGetValue("caller", out object? caller))
            scope.Set("caller", caller);
        string text = Capture(macro.Body, scope);
        _budget.LeaveMacro();
        return text;
    }
}
