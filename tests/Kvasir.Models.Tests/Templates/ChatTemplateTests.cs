using System.Text.Json;
using Kvasir.Models.Tests.Support;

namespace Kvasir.Models.Tests.Templates;

public class ChatTemplateTests
{
    private const string KvasirMini =
        "{{ bos_token }}{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

    // The shape of Llama 3's template: namespaces, trimming, loop variables, a raised exception.
    private const string Llama3Like = """
        {%- set ns = namespace(system='') %}
        {%- if messages[0]['role'] == 'system' %}
            {%- set ns.system = messages[0]['content'] | trim %}
            {%- set messages = messages[1:] %}
        {%- endif %}
        {{- '<|start|>system\n' + (ns.system or 'none') ~ '<|eot|>' }}
        {%- for message in messages %}
            {%- if (message.role == 'user') != (loop.index0 % 2 == 0) %}
                {{- raise_exception('roles must alternate') }}
            {%- endif %}
            {{- '<|start|>' + message.role + '\n' + message.content | trim + '<|eot|>' }}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<|start|>assistant\n' }}
        {%- endif %}
        """;

    [Fact]
    public void TheReferenceConversations_RenderAsInTransformers()
    {
        using var cases = JsonDocument.Parse(File.ReadAllText(Fixtures.PathOf("kvasir-mini", "chat_template_cases.json")));
        var template = new ChatTemplate(KvasirMini, "<|bos|>", "<|end|>");
        foreach (var item in cases.RootElement.EnumerateArray())
        {
            var messages = item.GetProperty("messages").EnumerateArray()
                .Select(m => new ChatMessage(m.GetProperty("role").GetString()!, m.GetProperty("content").GetString()!)).ToList();
            Assert.Equal(item.GetProperty("text").GetString(), template.Render(messages, item.GetProperty("add_generation_prompt").GetBoolean()));
        }
    }

    [Fact]
    public void NamespacesTrimmingAndLoops_WorkTogether()
    {
        var template = new ChatTemplate(Llama3Like);
        string text = template.Render([new("system", " Be kind. "), new("user", "Hi\n"), new("assistant", "Yes")], true);
        Assert.Equal(
            "<|start|>system\nBe kind.<|eot|><|start|>user\nHi<|eot|><|start|>assistant\nYes<|eot|><|start|>assistant\n", text);
    }

    [Fact]
    public void WhatATemplateRefuses_IsSaid()
    {
        var error = Assert.Throws<ChatTemplateException>(() => new ChatTemplate(Llama3Like).Render([new("assistant", "x")], false));
        Assert.Contains("roles must alternate", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 3 }}", "3 -4 2 3.5 8")]
    [InlineData("{{ 1 < 2 < 3 }} {{ 1 == 1.0 }} {{ not 0 and 'x' }}", "True True x")]
    [InlineData("{{ 'abc'[1:] }}{{ 'abc'[::-1] }}{{ [1,2,3][-1] }}", "bccba3")]
    [InlineData("{{ ['a','b'] | join(', ') }} {{ [3,1,2] | sort | first }}", "a, b 1")]
    [InlineData("{{ missing is defined }}{{ missing | default('d') }}{{ '' | default('e', true) }}", "Falsede")]
    [InlineData("{{ {'a': [1, none, true]} | tojson }}", """{"a": [1, null, true]}""")]
    [InlineData("{{ {'a': 'é\"'} | tojson(indent=2) }}", "{\n  \"a\": \"é\\\"\"\n}")]
    [InlineData("{% for k, v in {'x': 1, 'y': 2}.items() %}{{ k }}={{ v }}{{ ',' if not loop.last }}{% endfor %}", "x=1,y=2")]
    [InlineData("{% for i in range(5) if i % 2 %}{{ i }}{% else %}none{% endfor %}", "13")]
    [InlineData("{% for i in range(9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}", "013")]
    [InlineData("{% macro m(a, b='x') %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(2, b=3) }}", "1x23")]
    [InlineData("{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{% endfor %}{{ x }}", "1")]
    [InlineData("{% set t %}a{{ 1 }}{% endset %}{{ t | upper }}", "A1")]
    [InlineData("a  {%- if true -%}  b  {%- endif %} c", "ab c")]
    [InlineData("x\n  {% if true %}\ny\n  {% endif %}\nz", "x\ny\nz")]
    [InlineData("{# gone #}{% raw %}{{ kept }}{% endraw %}", "{{ kept }}")]
    [InlineData("{{ 'a</think>b'.split('</think>')[-1].strip() }}{{ 'x' in 'xyz' }}", "bTrue")]
    [InlineData("{{ [{'n': 1}, {'n': 2}] | selectattr('n', 'equalto', 2) | map(attribute='n') | list }}", "[2]")]
    [InlineData("{{ 'a' ~ 1 ~ none }} {{ ['x', 1.0] }}", "a1None ['x', 1.0]")]
    [InlineData("{% generation %}g{% endgeneration %}{{ 'ab' * 2 }}", "gabab")]
    [InlineData("{{ '%s' | replace('%', 'p') }}{{ 'AbC' | lower | title }}", "psAbc")]
    [InlineData("{{ -1 | abs }}{{ '12' | int + 1 }}{{ 'b' is string }}{{ 4 is divisibleby 2 }}", "113TrueTrue")]
    public void Expressions_GiveWhatJinjaGives(string source, string expected) => Assert.Equal(expected, new ChatTemplate(source).Render([], false));

    [Fact]
    public void TheClock_IsTheOneThatWasGiven()
    {
        var template = new ChatTemplate("{{ strftime_now('%d %b %Y') }}", time: new FixedTime());
        Assert.Equal("05 Mar 2024", template.Render([], false));
    }

    [Theory]
    [InlineData("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", "steps")]
    [InlineData("{% set ns = namespace(x='aaaaaaaaaaaaaaaa') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}", "characters")]
    [InlineData("{{ 'x' * 999999999999 }}", "characters")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "deep")]
    [InlineData("{{ range(999999999999) }}", "range")]
    [InlineData("{% for a in [1] %}", "endfor is missing")]
    [InlineData("{% include 'x' %}", "include")]
    [InlineData("{{ 1 / 0 }}", "zero")]
    [InlineData("{{ nothing.at.all }}", "nothing")]
    [InlineData("{{ 9223372036854775807 + 1 }}", "too large")]
    [InlineData("{{ 'open }}", "not closed")]
    [InlineData("{{ }}", "expression")]
    [InlineData("{% endif %}", "closes nothing")]
    public void HostileAndBrokenTemplates_EndInAnError(string source, string expected)
    {
        var error = Assert.Throws<ChatTemplateException>(() => new ChatTemplate(source).Render([], false));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DeepNesting_EndsInAnError()
    {
        Assert.Throws<ChatTemplateException>(() => new ChatTemplate("{{ " + new string('(', 50_000) + "1" + new string(')', 50_000) + " }}"));
        Assert.Throws<ChatTemplateException>(() => new ChatTemplate("{{ " + string.Concat(Enumerable.Repeat("not ", 50_000)) + "1 }}"));
        var chain = new ChatTemplate("{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 60_000)) + " }}");
        Assert.Contains("deep", Assert.Throws<ChatTemplateException>(() => chain.Render([], false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ContentsAreData_NotTemplateCode()
    {
        var template = new ChatTemplate(KvasirMini, "<|bos|>");
        Assert.Equal("<|bos|><|user|>{{ 1 + 1 }}{% raw %}<|end|>", template.Render([new("user", "{{ 1 + 1 }}{% raw %}")], false));
    }

    private sealed class FixedTime : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2024, 3, 5, 12, 0, 0, TimeSpan.Zero);
    }

    [Theory]
    [InlineData("{{ [1, 'a'] | sort }}")]
    [InlineData("{{ messages | sort }}")]
    [InlineData("{{ [none, 2] | sort | first }}")]
    public void SortingWhatHasNoOrder_IsRefused(string template) =>
        Assert.Throws<ChatTemplateException>(() => new ChatTemplate(template).Render([new ChatMessage("user", "a"), new ChatMessage("user", "b")], false));

    [Fact]
    public void ATemplateThatCannotBeRead_IsAnErrorOfItsFile()
    {
        using var tiny = new Support.TinyModel();
        tiny.Write("chat_template.jinja", "{% for %}");
        Assert.Contains(tiny.Folder, Assert.Throws<ModelFormatException>(() => ModelFile.Open(tiny.Folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{% filter upper %}a{{ 1 }}b{% endfilter %}", "A1B")]
    [InlineData("{% filter replace('a', 'x') | upper %}abc{% endfilter %}", "XBC")]
    [InlineData("{% set x | trim %} y {% endset %}[{{ x }}]", "[y]")]
    public void FilterBlocks_ApplyToTheirText(string template, string expected) =>
        Assert.Equal(expected, new ChatTemplate(template).Render([], false));
}
