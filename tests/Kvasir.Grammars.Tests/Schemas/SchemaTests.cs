using Kvasir.Benchmarks.Schemas;
namespace Kvasir.Grammars.Tests.Schemas;

public sealed class SchemaTests
{
    [Theory]
    [InlineData("""{"type":"integer","minimum":-5,"exclusiveMaximum":12}""", "-5 0 11 -1", "-6 12 100 01 -0 1.0 1e1")]
    [InlineData("""{"type":"integer","multipleOf":7,"minimum":100}""", "105 700 7000000000000007", "100 98 7 -7 106")]
    [InlineData("""{"type":"number","minimum":-1.5,"maximum":2.25}""", "-1.5 2.25 0 2.1 -0.001 2", "-1.51 2.251 3 -2 10")]
    [InlineData("""{"type":"number","exclusiveMinimum":0,"maximum":1}""", "0.1 1 0.000001", "0 -0.1 1.1 2")]
    [InlineData("""{"type":"number","multipleOf":0.05}""", "0.05 1.15 3 -0.1", "0.01 1.001")]
    [InlineData("""{"minimum":10,"exclusiveMinimum":true,"type":"integer"}""", "11", "10 9")]
    [InlineData("""{"enum":[1,"a",null,[1,{"b":2}]]}""", """1 "a" null [1,{"b":2}]""", """2 "b" [1] [1,{"b":3}]""")]
    [InlineData("""{"const":{"a":[1,2],"b":"é"}}""", """{"a":[1,2],"b":"é"}""", """{"a":[1,2]} {"b":"é","a":[1,2]}""")]
    [InlineData("""{"type":"string","minLength":2,"maxLength":3}""", """ "ab" "é😀\n" """, """ "a" "abcd" """)]
    [InlineData("""{"type":"string","pattern":"^a|b$"}""", """ "ax" "xb" """, """ "xa" "bx" """)]
    [InlineData("""{"type":"string","format":"date"}""", """ "2024-02-29" "1999-12-31" """, """ "2023-02-29" "2024-13-01" "0000-01-01" """)]
    [InlineData("""{"type":"string","format":"ipv4"}""", """ "255.0.10.1" """, """ "256.0.0.1" "01.1.1.1" """)]
    [InlineData("""{"type":["string","null"],"nullable":true}""", """ "x" null""", "1")]
    [InlineData("""{"type":"array","items":{"enum":[1,2,3]},"uniqueItems":true,"minItems":2}""", "[1,2] [3,1,2]", "[1] [1,1] [1,2,3,1]")]
    [InlineData("""{"type":"array","items":{"type":"integer"},"contains":{"minimum":5},"maxContains":1}""", "[5] [1,9,2]", "[] [1] [5,6]")]
    [InlineData("""{"prefixItems":[{"type":"integer"},{"type":"string"}],"items":false,"type":"array"}""", """[] [1] [1,"a"]""", """["a"] [1,"a",2]""")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"number","minimum":2}]}""", "1 2.5 -3", "2 3 1.5")]
    [InlineData("""{"oneOf":[{"type":"string","maxLength":3},{"type":"string","minLength":2}]}""", """ "a" "abcd" """, """ "ab" "abc" """)]
    [InlineData("""{"type":"integer","not":{"enum":[3,4]},"minimum":1,"maximum":5}""", "1 2 5", "3 4 6")]
    [InlineData("""{"$ref":"#/$defs/a~1b%20c","$defs":{"a/b c":{"type":"boolean"}}}""", "true false", "null 1")]
    [InlineData("""{"allOf":[{"minimum":3},{"maximum":4}],"type":"integer"}""", "3 4", "2 5")]
    public void AcceptsWhatIsValid_AndNothingElse(string schema, string valid, string invalid)
    {
        var grammar = Read.Compile(Read.Schema(schema));
        Assert.All(valid.Split(' ', StringSplitOptions.RemoveEmptyEntries), text => Assert.True(Read.Accepts(grammar, text), $"{text} is refused"));
        Assert.All(invalid.Split(' ', StringSplitOptions.RemoveEmptyEntries), text => Assert.False(Read.Accepts(grammar, text), $"{text} is accepted"));
    }

    [Fact]
    public void PropertiesComeInOrder_OptionalOnesMayBeSkipped_OthersFollow()
    {
        var grammar = Read.Compile(Read.Schema("""{"type":"object","properties":{"b":{"type":"integer"},"a":{"type":"integer"},"c":{"type":"integer"}},"required":["a"],"additionalProperties":{"type":"boolean"}}"""));
        Assert.True(Read.Accepts(grammar, """{"b": 1, "a": 2, "c":3, "d":true}"""));
        Assert.True(Read.Accepts(grammar, """{"a":2,"x":false}"""));
        Assert.False(Read.Accepts(grammar, """{"a":2,"b":1}"""));
        Assert.False(Read.Accepts(grammar, """{"b":1}"""));
        Assert.False(Read.Accepts(grammar, """{"a":2,"c":true}"""));
        Assert.False(Read.Accepts(grammar, """{"x":true,"a":2}"""));
    }

    [Fact]
    public void AConditionChoosesItsBranch()
    {
        var grammar = Read.Compile(Read.Schema("""{"type":"object","properties":{"kind":{"enum":["a","b"]},"v":{}},"required":["kind","v"],"additionalProperties":false,"if":{"properties":{"kind":{"const":"a"}}},"then":{"properties":{"v":{"type":"integer"}}},"else":{"properties":{"v":{"type":"string"}}}}"""));
        Assert.True(Read.Accepts(grammar, """{"kind":"a","v":1}"""));
        Assert.True(Read.Accepts(grammar, """{"kind":"b","v":"x"}"""));
        Assert.False(Read.Accepts(grammar, """{"kind":"a","v":"x"}"""));
        Assert.False(Read.Accepts(grammar, """{"kind":"b","v":1}"""));
    }

    [Fact]
    public void WhitespaceIsAsAskedFor()
    {
        const string schema = """{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":false}""";
        var compact = Read.Compile(Read.Schema(schema, new JsonSchemaOptions { Whitespace = JsonWhitespace.None }));
        var single = Read.Compile(Read.Schema(schema));
        var flexible = Read.Compile(Read.Schema(schema, new JsonSchemaOptions { Whitespace = JsonWhitespace.Flexible }));
        Assert.False(Read.Accepts(compact, """{"a": 1}"""));
        Assert.True(Read.Accepts(single, """{"a": 1}"""));
        Assert.False(Read.Accepts(single, """{"a":  1}"""));
        Assert.True(Read.Accepts(flexible, "{\n  \"a\" : 1\n}"));
        Assert.False(Read.Accepts(flexible, "{\n\n\"a\":1}"));
    }

    [Theory]
    [InlineData("""{"properties":{"a":{"type":"strin"}}}""", "#/properties/a/type")]
    [InlineData("""{"type":"string","pattern":"a(?<=b)"}""", "#/pattern")]
    [InlineData("""{"properties":{"a":{"type":"string","format":"color"}}}""", "#/properties/a/format")]
    [InlineData("""{"$ref":"#/$defs/missing"}""", "names nothing")]
    [InlineData("""{"$ref":"https://example.com/schema"}""", "never fetched")]
    [InlineData("""{"$ref":"#"}""", "defined by itself")]
    [InlineData("""{"mystery":1}""", "#/mystery")]
    [InlineData("""{"type":"integer","minimum":5,"maximum":4}""", "contradict")]
    [InlineData("""{"type":"object","properties":{"a":false},"required":["a"]}""", "contradict")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}""", "contradict")]
    [InlineData("""{"type":"array","items":{"type":"string"},"uniqueItems":true}""", "uniqueItems")]
    [InlineData("""{"minLength":-1}""", "#/minLength")]
    [InlineData("false", "contradict")]
    public void WhatCannotBeEnforcedIsRefused_WithItsPlace(string schema, string expected) =>
        Assert.Contains(expected, Assert.Throws<GrammarException>(() => Read.Compile(Read.Schema(schema))).Message, StringComparison.Ordinal);

    [Fact]
    public void AModelThatWantsToGoOnForever_EndsNumbersAndWhitespace()
    {
        foreach (var grammar in new[] { Read.Compile(Grammar.JsonValue()), Read.Compile(Read.Schema("""{"type":"number"}""")), Read.Compile(Read.Schema("""{"type":"integer","minimum":0}""")) })
        {
            var matcher = grammar.CreateMatcher();
            var digits = 0;
            while (matcher.TryAcceptBytes("1"u8))
                digits++;
            Assert.InRange(digits, 15, 17);
        }
    }

    [Fact]
    public void ThreadsShareAGrammar_AndSeeTheSameMasks()
    {
        var schema = Kvasir.Benchmarks.Schemas.RandomSchemas.Create(7).ToJsonString();
        var shared = Read.Compile(Read.Schema(schema));
        var texts = new string?[8];
        Parallel.For(0, texts.Length, i => texts[i] = RandomWriter.Write(shared, new Random(i / 2), 20, 800));
        for (var i = 0; i < texts.Length; i++)
            Assert.Equal(RandomWriter.Write(Read.Compile(Read.Schema(schema)), new Random(i / 2), 20, 800), texts[i]);
    }

    [Fact]
    public void AVocabularyThatLacksCharacters_NeverLeadsToADeadEnd()
    {
        var tokens = "{|}|[|]|\"|:|,|0|1|2|a|b|c|é|ab|\"a|\": |null|日本".Split('|').Select(System.Text.Encoding.UTF8.GetBytes).ToArray();
        var vocabulary = new TokenVocabulary(tokens.Length, token => tokens[token], _ => true);
        var schema = """{"type":"object","properties":{"a":{"type":"string"},"b":{"enum":["abc","xyz","日本","cé"]},"c":{"type":["integer","null"]},"d":{"type":"string"}},"required":["a","b"],"additionalProperties":{"type":"boolean"}}""";
        var grammar = CompiledGrammar.Compile(Read.Schema(schema), vocabulary);
        var validator = new SchemaValidator(schema);
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            if (RandomWriter.Write(grammar, random, i % 30, 500) is { } json)
                Assert.True(validator.IsValid(json), json);
        }

        Assert.Contains("vocabulary lacks", Assert.Throws<GrammarException>(() => CompiledGrammar.Compile(Grammar.Literal("xyz"), vocabulary)).Message, StringComparison.Ordinal);
    }
}
