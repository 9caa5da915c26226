using System.Text.Json;

namespace Kvasir.Models.Tests.Templates;

/// <summary>What templates see of functions, calls and results. Expected texts are written by hand after Python's json.dumps and repr.</summary>
public sealed class ToolTemplateTests
{
    private static readonly ChatTool Weather = new(
        "weather", "Says \"how\" it is", Json("""{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":1,"maximum":1e2,"default":1.50}},"required":["city"]}"""));

    private static readonly ChatMessage Call = new("assistant", null)
    {
        ToolCalls = [new ChatToolCall("c1", "weather", Json("""{"city":"Z\u00fcrich <b>","days":3,"deep":{"b":[1,2.5,null,true],"a":{}}}"""))],
        ReasoningContent = "hm",
        Name = "bot",
    };

    [Fact]
    public void Functions_KeepTheOrderOfTheirKeys_AndAreWrittenAsPythonWritesThem()
    {
        var template = new ChatTemplate("{% for t in tools %}{{ t | tojson }};{% endfor %}");
        Assert.Equal(
            """{"type": "function", "function": {"name": "weather", "description": "Says \"how\" it is", "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 100.0, "default": 1.5}}, "required": ["city"]}}};"""
            + """{"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}};""",
            template.Render([], false, null, [Weather, new ChatTool("now", null, null)]));
    }

    [Theory]
    [InlineData("{{ m.tool_calls[0].function.arguments | tojson }}", """{"city": "Zürich <b>", "days": 3, "deep": {"b": [1, 2.5, null, true], "a": {}}}""")]
    [InlineData("{{ m.tool_calls[0].function.arguments | tojson(separators=(',', ':')) }}", """{"city":"Zürich <b>","days":3,"deep":{"b":[1,2.5,null,true],"a":{}}}""")]
    [InlineData("{{ m.tool_calls[0].function.arguments.deep | tojson(indent=2) }}", "{\n  \"b\": [\n    1,\n    2.5,\n    null,\n    true\n  ],\n  \"a\": {}\n}")]
    [InlineData("{{ m.tool_calls[0].function.arguments.deep | tojson(sort_keys=true) }}", """{"a": {}, "b": [1, 2.5, null, true]}""")]
    [InlineData("{{ m.tool_calls[0].function.arguments.city | tojson(ensure_ascii=True) }}", "\"Z\\u00fcrich <b>\"")]
    [InlineData("{{ m.tool_calls[0].function.arguments.deep }}", "{'b': [1, 2.5, None, True], 'a': {}}")]
    [InlineData("{{ m.tool_calls[0].id }} {{ m.tool_calls[0].type }} {{ m.tool_calls[0].function.name }}", "c1 function weather")]
    [InlineData("{{ m.reasoning_content }} {{ m.name }} {{ m.content is none }} {{ m.tool_call_id is defined }}", "hm bot True False")]
    [InlineData("{% for k, v in m.tool_calls[0].function.arguments.items() %}{{ k }}={{ v is mapping }},{% endfor %}", "city=False,days=False,deep=True,")]
    public void CallsAreWhatTemplatesExpect(string source, string expected) =>
        Assert.Equal(expected, new ChatTemplate("{% set m = messages[0] %}" + source).Render([Call], false));

    [Theory]
    [InlineData("{{ x }} {{ x | tojson }}", "1e-05 1e-05", 1e-5)]
    [InlineData("{{ x }}", "0.0001", 1e-4)]
    [InlineData("{{ x }}", "1000000000000000.0", 1e15)]
    [InlineData("{{ x }}", "1e+16", 1e16)]
    [InlineData("{{ x }}", "1e+23", 1e23)]
    [InlineData("{{ x }}", "-1.2345678901234568e+17", -123456789012345680d)]
    [InlineData("{{ x }}", "120.0", 120d)]
    [InlineData("{{ x }}", "0.0", 0d)]
    [InlineData("{{ x }}", "3.0625", 3.0625)]
    public void Numbers_AreWrittenAsPythonWritesThem(string source, string expected, double x) =>
        Assert.Equal(expected, new ChatTemplate(source).Render([], false, new Dictionary<string, object?> { ["x"] = x }));

    [Fact]
    public void ResultsSayWhichCallTheyAnswer() =>
        Assert.Equal("tool c1 weather 21", new ChatTemplate("{% set m = messages[0] %}{{ m.role }} {{ m.tool_call_id }} {{ m.name }} {{ m.content }}")
            .Render([new ChatMessage("tool", "21") { ToolCallId = "c1", Name = "weather" }], false));

    [Fact]
    public void ATemplateThatJoinsArgumentsToText_GetsThemAsJson() =>
        Assert.Equal(
            """weather:{"city": "Zürich <b>", "days": 3, "deep": {"b": [1, 2.5, null, true], "a": {}}}""",
            new ChatTemplate("{% for c in messages[0].tool_calls %}{{ c.function.name + ':' + c.function.arguments }}{% endfor %}").Render([Call], false));

    [Theory]
    [InlineData("{% for c in messages[0].content %}{% endfor %}[{{ messages[0].content }}]", "[]")]
    [InlineData("[{{ messages[0].content }}]", "[]")]
    [InlineData("{% if messages[0].content is none %}calls{% else %}text{% endif %}", "calls")]
    public void AMissingContentIsNone_OrEmptyWhereTheTemplateFailsOnThatOrPrintsIt(string source, string expected) =>
        Assert.Equal(expected, new ChatTemplate(source).Render([Call], false));

    [Theory]
    [InlineData("{{ tools is none }}", "True")]
    [InlineData("{% for t in tools %}x{% endfor %}{{ tools is defined }}", "False")]
    public void WithoutFunctions_ToolsIsNone_OrUndefinedWhereTheTemplateFailsOnThat(string source, string expected) =>
        Assert.Equal(expected, new ChatTemplate(source).Render([], false));

    [Fact]
    public void AFailureIsToldAsItFirstWas()
    {
        var template = new ChatTemplate("{{ raise_exception('first' if messages[0].tool_calls[0].function.arguments is mapping else 'second') }}");
        Assert.Contains("first", Assert.Throws<ChatTemplateException>(() => template.Render([Call with { Content = "" }], false)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{% macro twice(a, b='!') %}{{ caller() }}{{ a }}{{ b }}{{ caller() }}{% endmacro %}{% call twice('x') %}[{{ 1 + 1 }}]{% endcall %}", "[2]x![2]")]
    [InlineData("{% macro each(items) %}{% for i in items %}{{ caller(i) }}{% endfor %}{% endmacro %}{% call(v) each([1, 2]) %}<{{ v }}>{% endcall %}", "<1><2>")]
    [InlineData("{{ nothing is iterable }}{{ nothing is sequence }}{{ none is iterable }}{{ nothing | items | length }}", "TrueTrueFalse0")]
    [InlineData("{% macro f(a, b, c='-') %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ f(*[1, 2]) }}{{ f(*[3], **{'b': 4, 'c': 5}) }}", "12-345")]
    public void MacrosTakeBodiesAndSpreadArguments(string source, string expected) => Assert.Equal(expected, new ChatTemplate(source).Render([], false));

    [Theory]
    [InlineData("{% call 1 %}{% endcall %}", "a macro's call was expected")]
    [InlineData("{{ namespace(**3) }}", "must be a mapping")]
    [InlineData("{{ 1 | tojson(separators=1) }}", "must be two strings")]
    [InlineData("{% for k, v in 'text' | items %}{% endfor %}", "is not a mapping")]
    [InlineData("{% call namespace() %}", "endcall is missing")]
    public void MistakesAreToldApart(string source, string expected) =>
        Assert.Contains(expected, Assert.Throws<ChatTemplateException>(() => new ChatTemplate(source).Render([], false)).Message, StringComparison.Ordinal);

    private static JsonElement Json(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
