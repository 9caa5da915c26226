namespace Kvasir.Models.Tests.Templates;

/// <summary>Small templates of our own, each with one thing that templates of published models do.</summary>
internal static class ConstructTemplates
{
    private const string Text = "{% macro text(c) %}{% if c is string %}{{ c }}{% elif c is iterable and c is not none %}{% for p in c %}{{ p.text }}{% endfor %}{% endif %}{% endmacro %}";

    public static IReadOnlyList<(string Name, string Template)> All { get; } =
    [
        ("loop", "{% for m in messages %}{{ loop.index }}/{{ loop.index0 }}/{{ loop.revindex }}/{{ loop.revindex0 }}/{{ 'F' if loop.first }}/{{ 'L' if loop.last }}/{{ loop.length }}:{{ m.role }};{% endfor %}"),
        ("previous and next", "{% for m in messages %}{% if loop.previtem is defined and loop.previtem.role == m.role %}={% endif %}{{ m.role }}{% if loop.nextitem is defined %},{% endif %}{% endfor %}"),
        ("condition and else of a loop", "{% for m in messages if m.role == 'system' %}[{{ m.content }}]{% else %}none{% endfor %}"),
        ("break and continue", "{% for m in messages %}{% if m.role == 'system' %}{% continue %}{% endif %}{% if loop.index > 3 %}{% break %}{% endif %}{{ m.role }}{% endfor %}"),
        ("namespace", "{% set ns = namespace(last=-1, seen=false) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.last = loop.index0 %}{% set ns.seen = true %}{% endif %}{% endfor %}{{ ns.last }}{{ 'seen' if ns.seen }}"),
        ("slices", "{{ messages[1:] | length }}{{ messages[:-1] | length }}{{ messages[-1].role }}{{ messages[::-1][0].role }}{{ 'abcdef'[1:4] }}{{ 'abcdef'[::2] }}{{ 'abc'[-2:] }}"),
        ("alternation", "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate') }}{% endif %}{{ m.role }}{% endfor %}"),
        ("alternation after a system", "{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}{% set system = messages[0]['content'] | trim %}{% else %}{% set rest = messages %}{% set system = false %}{% endif %}{% for m in rest %}{{ m['role'] }}{% if loop.index0 == 0 and system %}{{ system }}{% endif %}{% endfor %}"),
        ("macro", Text + "{% for m in messages %}<{{ m.role }}>{{ text(m.content) }}{% endfor %}"),
        ("macro with defaults", "{% macro tag(name, close=false, body='') %}<{{ '/' if close else '' }}{{ name }}>{{ body }}{% endmacro %}{{ tag('a') }}{{ tag('a', true) }}{{ tag(name='b', body='x') }}"),
        ("recursive macro", "{% macro show(v, d=0) %}{% if v is mapping %}{% for k, x in v | items %}{{ d }}{{ k }}({{ show(x, d + 1) }}){% endfor %}{% elif v is string %}{{ v }}{% elif v is iterable %}{% for x in v %}{{ show(x, d + 1) }},{% endfor %}{% else %}{{ v }}{% endif %}{% endmacro %}{% for t in tools or [] %}{{ show(t.function.parameters) }}{% endfor %}"),
        ("call block", "{% macro box(title) %}[{{ title }}:{{ caller() }}]{% endmacro %}{% call box('t') %}{% for m in messages %}{{ m.role }}{% endfor %}{% endcall %}"),
        ("call block with arguments", "{% macro each(items) %}{% for i in items %}{{ caller(i, loop.index) }}{% endfor %}{% endmacro %}{% call(m, n) each(messages) %}{{ n }}{{ m.role }};{% endcall %}"),
        ("filter block", "{% filter upper %}{% for m in messages %}{{ m.role }} {% endfor %}{% endfilter %}"),
        ("set block", "{% set all %}{% for m in messages %}{{ m.role }},{% endfor %}{% endset %}{{ all | length }}{{ all }}"),
        ("whitespace", "  {%- for m in messages -%}  \n {{- m.role -}} \n {%- endfor -%}  x\n{% if true %}\n  y\n{% endif %}\n  {# note #}\n z"),
        ("tojson", "{% if tools %}{{ tools | tojson }}\n{{ tools | tojson(indent=4) }}{% endif %}{{ messages | tojson }}"),
        ("tojson of scalars", "{{ 'é\"\\n</' | tojson }}{{ 1 | tojson }}{{ 1.5 | tojson }}{{ true | tojson }}{{ none | tojson }}{{ [] | tojson }}{{ {} | tojson }}{{ [1, [2, {'a': 'b'}]] | tojson(indent=2) }}"),
        ("calls", "{% for m in messages %}{% if m.tool_calls is defined and m.tool_calls %}{% for c in m.tool_calls %}{% set f = c.function %}{{ f.name }}{{ f.arguments if f.arguments is string else f.arguments | tojson }}{% endfor %}{% endif %}{% endfor %}"),
        ("arguments by items", "{% for m in messages %}{% for c in m.tool_calls or [] %}{% if c.function.arguments is mapping %}{% for k, v in c.function.arguments.items() %}{{ k }}={{ v | tojson if v is not string else v }};{% endfor %}{% endif %}{% endfor %}{% endfor %}"),
        ("results in a row", "{% for m in messages %}{% if m.role == 'tool' %}{% if loop.first or messages[loop.index0 - 1].role != 'tool' %}<r>{% endif %}{{ m.content }}{% if loop.last or messages[loop.index0 + 1].role != 'tool' %}</r>{% endif %}{% endif %}{% endfor %}"),
        ("thinking", "{% for m in messages %}{% if m.role == 'assistant' %}{% set content = m.content or '' %}{% set reasoning = '' %}{% if m.reasoning_content is string %}{% set reasoning = m.reasoning_content %}{% elif '</think>' in content %}{% set reasoning = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}{% set content = content.split('</think>')[-1].lstrip('\\n') %}{% endif %}({{ reasoning }})[{{ content }}]{% endif %}{% endfor %}{% if add_generation_prompt and enable_thinking is defined and enable_thinking is false %}<think></think>{% endif %}"),
        ("last question", "{% set ns = namespace(multi=true, last=messages | length - 1) %}{% for m in messages[::-1] %}{% set i = (messages | length - 1) - loop.index0 %}{% if ns.multi and m.role == 'user' and m.content is string and not (m.content.startswith('<r>') and m.content.endswith('</r>')) %}{% set ns.multi = false %}{% set ns.last = i %}{% endif %}{% endfor %}{{ ns.last }}"),
        ("string methods", "{{ ' a b '.strip() }}|{{ 'a-b-c'.split('-') | join('+') }}|{{ 'abc'.upper() }}{{ 'ABC'.lower() }}{{ 'abc'.replace('b', 'x') }}{{ 'the end'.title() }}{{ 1 if 'abc'.startswith('a') }}{{ 1 if 'abc'.endswith('b') }}|{{ '  x'.lstrip() }}|{{ 'x  '.rstrip() }}|{{ 'hello there'.capitalize() }}"),
        ("filters", "{{ [3, 1, 2] | sort | join(',') }}{{ [1, 2, 3] | first }}{{ [1, 2, 3] | last }}{{ [1, 2] | length }}{{ 'a,b' | replace(',', ';') }}{{ ' x ' | trim }}{{ 'abc' | upper }}{{ -3 | abs }}{{ '7' | int + 1 }}"),
        ("select and map", "{{ messages | map(attribute='role') | join(',') }}|{{ messages | selectattr('role', 'equalto', 'user') | list | length }}|{{ messages | rejectattr('role', 'equalto', 'user') | list | length }}|{{ messages | selectattr('tool_calls', 'defined') | list | length }}"),
        ("defaults", "{{ missing | default('d') }}{{ '' | default('e', true) }}{{ 1 if missing is defined }}{{ 2 if x is defined }}{{ 3 if messages[0].nothing is undefined }}{{ date_string if date_string is defined else 'no date' }}"),
        ("tests", "{{ [1 is number, 'a' is string, [] is iterable, {} is mapping, none is none, 3 is odd, 4 is even, true is boolean, 2 is odd, 'a' in 'abc', 'x' not in ['a'], 'k' in {'k': 1}, 1 is string, none is defined] | tojson }}"),
        ("operators", "{{ 7 // 2 }}{{ 7 % 3 }}{{ 2 * 3 - 1 }}{{ 'a' ~ 1 ~ 'b' }}{{ 'a' + 'b' }}{{ [1] + [2] }}{{ 'yes' if 1 < 2 and not false or true }}{{ 'y' if 1 == 2 else 'n' }}{{ ('x' if false) }}|{{ 1 if 3 >= 3 }}"),
        ("literals", "{{ [1, 'two', 3.5, none, true] | tojson }}{{ {'a': 1, 'b': [2]} | tojson }}{{ (1, 2)[0] }}{{ \"it's\" }}{{ 'q\\'s' }}{{ 'tab\\tline\\n' }}"),
        ("dictionary", "{% set d = {'a': 1, 'b': 2} %}{{ d.a }}{{ d['b'] }}{{ d.get('c', 9) }}{% for k, v in d.items() %}{{ k }}{{ v }}{% endfor %}{% for k in d %}{{ k }}{% endfor %}{{ d.keys() | list | length }}{{ d | length }}"),
        ("range", "{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(2, 8, 3) %}{{ i }}{% endfor %}"),
        ("date", "{% set date = date_string if date_string is defined else strftime_now('%d %b %Y') %}Today: {{ date }}"),
        ("parts", "{% for m in messages %}{% if m.content is string %}{{ m.content | trim }}{% elif m.content %}{% for p in m.content %}{% if p.type == 'text' %}{{ p.text | trim }}{% elif p['type'] == 'image' %}<img>{% endif %}{% endfor %}{% endif %}|{% endfor %}"),
        ("documents", "{% if documents is defined %}{% for d in documents %}{{ loop.index0 }} {{ d.title }}\n{% for k, v in d.items() %}{{ k }}: {{ v | string }}\n{% endfor %}{% endfor %}{% endif %}"),
        ("typed arguments", "{% macro kind(p) %}{% if p.type == 'array' %}{{ kind(p['items']) }}[]{% elif p.type == 'string' and p.enum %}{{ p.enum | join(' | ') }}{% elif p.type in ['number', 'integer'] %}number{% else %}{{ p.type }}{% endif %}{% endmacro %}{% for t in tools or [] %}type {{ t.function.name }} = ({% for n, p in t.function.parameters.properties.items() %}{{ n }}{% if n not in (t.function.parameters.required or []) %}?{% endif %}: {{ kind(p) }}{% if p.default is defined %} = {{ p.default }}{% endif %}{{ ', ' if not loop.last }}{% endfor %});\n{% endfor %}"),
        ("effort", "{% set effort = reasoning_effort | default('medium') %}Reasoning: {{ effort }}{% if effort not in ['low', 'medium', 'high'] %}{{ raise_exception('effort') }}{% endif %}"),
        ("nested data", "{% for m in messages %}{% if m.tool_calls and m.tool_calls[0].function.arguments.city is defined %}{{ m.tool_calls[0]['function']['arguments']['city'] | upper }}{% endif %}{% endfor %}"),
        ("refusal", "{% if not tools %}{{ raise_exception('needs functions') }}{% endif %}{{ tools | length }}"),
        ("generation", "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content or '' }}{% endgeneration %}{% else %}{{ m.role }}{% endif %}{% endfor %}"),
    ];
}
