using System.Text.Json;
using Kvasir.Grammars.Automata;
using Kvasir.Grammars.Syntax;

namespace Kvasir.Grammars.Json;

/// <summary>Writes a schema's instances as a grammar: one rule for each name.</summary>
internal sealed class JsonSchemaCompiler
{
    private const int MostRules = 10_000;

    private readonly SchemaReader _reader;
    private readonly Dictionary<Conjunction, RuleNode> _rules = [];
    private readonly Queue<(Conjunction Name, RuleNode Rule)> _pending = new();
    private readonly Dictionary<Dfa, Node> _strings = new(ReferenceEqualityComparer.Instance);

    private JsonSchemaCompiler(JsonElement schema, JsonSchemaOptions options)
    {
        _reader = new SchemaReader(schema, options);
        Options = options;
        Inside = JsonText.Inside(options.Whitespace);
        AfterMark = JsonText.AfterMark(options.Whitespace);
        Comma = Node.Sequence(Inside, Node.Text(","), AfterMark);
        Colon = Node.Sequence(Inside, Node.Text(":"), AfterMark);
        Anything = JsonText.AnyValue(options.Whitespace);
    }

    public JsonSchemaOptions Options { get; }

    public Node Inside { get; }

    public Node AfterMark { get; }

    public Node Comma { get; }

    public Node Colon { get; }

    private Node Anything { get; }

    public static Node Compile(JsonElement schema, JsonSchemaOptions options)
    {
        var compiler = new JsonSchemaCompiler(schema, options);
        if (compiler._reader.Root.IsFalse || compiler._reader.Read(compiler._reader.Root).All(compiler._reader.IsEmpty))
            throw SchemaDocument.Error("", "no value can be valid: the constraints contradict each other");
        var root = compiler.Value(compiler._reader.Root);
        while (compiler._pending.TryDequeue(out var next))
            next.Rule.Body = Node.Choice([.. compiler._reader.Read(next.Name).Select(compiler.Write)]);
        return root;
    }

    /// <summary>The rule of a name.</summary>
    public Node Value(Conjunction name)
    {
        if (name.IsTrue)
            return Anything;
        if (name.IsFalse)
            return Node.Never;
        if (_rules.TryGetValue(name, out var rule))
            return rule;
        if (_rules.Count >= MostRules)
            throw new GrammarException($"the schema needs more than {MostRules} rules; simplify it");
        rule = new RuleNode($"schema {_rules.Count}");
        _rules.Add(name, rule);
        _pending.Enqueue((name, rule));
        return rule;
    }

    /// <summary>All values of a name as JSON texts, where there are at most <paramref name="limit"/>; else null.</summary>
    public List<Node>? Enumerate(Conjunction name, int limit)
    {
        var values = new HashSet<string>(StringComparer.Ordinal);
        foreach (var spec in _reader.Read(name))
        {
            switch (spec)
            {
                case NullSpec:
                    values.Add("null");
                    break;
                case BooleanSpec boolean:
                    if (boolean.AllowsTrue)
                        values.Add("true");
                    if (boolean.AllowsFalse)
                        values.Add("false");
                    break;
                case NumberSpec { Values: { } numbers } when numbers.Enumerate(limit) is { } found:
                    values.UnionWith(found);
                    break;
                case StringSpec text when text.Written.Enumerate(limit) is { } found:
                    values.UnionWith(found.Select(JsonText.Quote));
                    break;
                default:
                    if (!_reader.IsEmpty(spec))
                        return null;
                    break;
            }
        }

        return values.Count > limit ? null : [.. values.Select(Node.Text)];
    }

    /// <summary>A string of a language.</summary>
    public Node Text(Dfa contents)
    {
        if (ReferenceEquals(contents, Dfa.Anything))
            return JsonText.AnyString;
        if (!_strings.TryGetValue(contents, out var node))
            _strings.Add(contents, node = JsonText.StringOf(contents));
        return node;
    }

    private Node Write(Spec spec) => spec switch
    {
        NullSpec => Node.Text("null"),
        BooleanSpec boolean => Node.Choice(boolean.AllowsTrue ? Node.Text("true") : Node.Never, boolean.AllowsFalse ? Node.Text("false") : Node.Never),
        NumberSpec number => number.Values is null ? JsonText.AnyNumber : new DfaNode(number.Values),
        StringSpec text => Text(text.Written),
        ArraySpec array => ArrayWriter.Write(this, array),
        ObjectSpec anObject => ObjectWriter.Write(this, anObject),
        _ => throw new InvalidOperationException(spec.GetType().Name),
    };
}
