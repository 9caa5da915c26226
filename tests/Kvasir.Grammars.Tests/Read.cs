using System.Text;
using System.Text.Json;
using Kvasir.Grammars.Tests.Schemas;

namespace Kvasir.Grammars.Tests;

/// <summary>Whether a grammar takes a text.</summary>
internal static class Read
{
    public static bool Accepts(Grammar grammar, string text) => Accepts(Compile(grammar), text);

    public static bool Accepts(CompiledGrammar grammar, string text)
    {
        var matcher = grammar.CreateMatcher();
        return matcher.TryAcceptBytes(Encoding.UTF8.GetBytes(text)) && matcher.CanEnd;
    }

    public static CompiledGrammar Compile(Grammar grammar) => CompiledGrammar.Compile(grammar, RandomWriter.Vocabulary);

    public static Grammar Schema(string json, JsonSchemaOptions? options = null)
    {
        using var document = JsonDocument.Parse(json);
        return Grammar.FromJsonSchema(document.RootElement, options);
    }
}
