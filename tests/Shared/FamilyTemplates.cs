namespace Kvasir.Tests.Shared;

/// <summary>Small chat templates of our own, each in the manner of one family of models.</summary>
public static class FamilyTemplates
{
    private const string Messages = "{%- for m in messages %}{%- if m.role == 'tool' %}<r>{{ m.content }}</r>{%- elif m.role != 'assistant' %}<{{ m.role }}>{{ m.content }}<e>{%- else %}<a>";
    private const string End = "<e>{%- endif %}{%- endfor %}{%- if add_generation_prompt %}<a>{%- endif %}";

    /// <summary>By the name of the format.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>
    {
        ["hermes"] = Listing + Messages
            + "{%- if m.reasoning_content %}<think>\n{{ m.reasoning_content }}\n</think>\n\n{%- endif %}{{ m.content or '' }}"
            + "{%- for c in m.tool_calls or [] %}\n<tool_call>\n{{ '{\"name\": \"' + c.function.name + '\", \"arguments\": ' }}{{ c.function.arguments | tojson }}}\n</tool_call>{%- endfor %}" + End,
        ["qwen3-coder"] = Listing + Messages
            + "{{ m.content or '' }}{%- for c in m.tool_calls or [] %}{{ '\n<tool_call>\n<function=' + c.function.name + '>\n' }}{%- for k, v in c.function.arguments | items %}"
            + "{{ '<parameter=' + k + '>\n' }}{{ v if v is string else v | tojson }}{{ '\n</parameter>\n' }}{%- endfor %}{{ '</function>\n</tool_call>' }}{%- endfor %}" + End,
        ["glm"] = Listing + Messages
            + "{{ m.content or '' }}{%- for c in m.tool_calls or [] %}{{ '\n<tool_call>' + c.function.name + '\n' }}{%- for k, v in c.function.arguments.items() %}"
            + "{{ '<arg_key>' + k + '</arg_key>\n<arg_value>' }}{{ v if v is string else v | tojson }}{{ '</arg_value>\n' }}{%- endfor %}</tool_call>{%- endfor %}" + End,
        ["mistral"] = Listing + Messages
            + "{{ m.content or '' }}{%- if m.tool_calls %}[TOOL_CALLS] [{%- for c in m.tool_calls %}{%- if c.id | length != 9 %}{{ raise_exception('ids have 9 characters') }}{%- endif %}"
            + "{{ (c.function | tojson)[:-1] }}, \"id\": \"{{ c.id }}\"}{{ ', ' if not loop.last }}{%- endfor %}]{%- endif %}" + End,
        ["mistral-v11"] = Listing + Messages
            + "{{ m.content or '' }}{%- for c in m.tool_calls or [] %}[TOOL_CALLS]{{ c.function.name }}[ARGS]{{ c.function.arguments | tojson }}{%- endfor %}" + End,
        ["deepseek-r1"] = Listing + Messages
            + "{{ m.content or '' }}{%- for c in m.tool_calls or [] %}{{ '<｜tool▁calls▁begin｜>' if loop.first }}{{ '<｜tool▁call▁begin｜>' + c.type + '<｜tool▁sep｜>' + c.function.name + '\n```json\n' + c.function.arguments + '\n```<｜tool▁call▁end｜>' }}"
            + "{{ '\n' if not loop.last else '<｜tool▁calls▁end｜>' }}{%- endfor %}" + End,
        ["deepseek-v3.1"] = Listing + Messages
            + "{{ m.content or '' }}{%- for c in m.tool_calls or [] %}{{ '<｜tool▁calls▁begin｜>' if loop.first }}{{ '<｜tool▁call▁begin｜>' + c.function.name + '<｜tool▁sep｜>' + c.function.arguments + '<｜tool▁call▁end｜>' }}"
            + "{{ '<｜tool▁calls▁end｜>' if loop.last }}{%- endfor %}" + End,
        ["kimi-k2"] = Listing + Messages
            + "{{ m.content or '' }}{%- for c in m.tool_calls or [] %}{{ '<|tool_calls_section_begin|>' if loop.first }}<|tool_call_begin|>functions.{{ c.function.name }}:{{ loop.index0 }}<|tool_call_argument_begin|>"
            + "{{ c.function.arguments | tojson(separators=(',', ':')) }}<|tool_call_end|>{{ '<|tool_calls_section_end|>' if loop.last }}{%- endfor %}" + End,
        ["llama3"] = Listing + "{#- \"parameters\": <|start_header_id|> #}" + Messages
            + "{{ m.content or '' }}{%- for c in m.tool_calls or [] %}{{ '{\"name\": \"' + c.function.name + '\", \"parameters\": ' }}{{ c.function.arguments | tojson }}}{{ '; ' if not loop.last }}{%- endfor %}" + End,
        ["llama-function"] = Listing + Messages
            + "{{ m.content or '' }}{%- for c in m.tool_calls or [] %}<function={{ c.function.name }}>{{ c.function.arguments | tojson }}</function>{%- endfor %}" + End,
        ["phi4"] = Listing + "{#- <|tool|> #}" + Messages
            + "{{ m.content or '' }}{%- if m.tool_calls %}<|tool_call|>[{%- for c in m.tool_calls %}{{ c.function | tojson }}{{ ',' if not loop.last }}{%- endfor %}]<|/tool_call|>{%- endif %}" + End,
        ["granite"] = Listing + Messages
            + "{{ m.content or '' }}{%- if m.tool_calls %}<|tool_call|>[{%- for c in m.tool_calls %}{{ c.function | tojson }}{{ ', ' if not loop.last }}{%- endfor %}]{%- endif %}" + End,
        ["nemotron"] = Listing + Messages
            + "{{ m.content or '' }}{%- if m.tool_calls %}<TOOLCALL>[{%- for c in m.tool_calls %}{{ c.function | tojson }}{{ ', ' if not loop.last }}{%- endfor %}]</TOOLCALL>{%- endif %}" + End,
        ["command-r"] = Listing + Messages
            + "{{ m.content or '' }}{%- if m.tool_calls %}<|START_ACTION|>[\n{%- for c in m.tool_calls %}    {{ '{\"tool_call_id\": \"' ~ loop.index0 ~ '\", \"tool_name\": \"' + c.function.name + '\", \"parameters\": ' }}{{ c.function.arguments | tojson }}}{{ ',\n' if not loop.last }}{%- endfor %}\n]<|END_ACTION|>{%- endif %}" + End,
        ["lfm2"] = Listing + PythonList("<|tool_call_start|>", "<|tool_call_end|>"),
        ["llama4"] = Listing + "{#- <|python_start|> #}" + PythonList("", ""),
    };

    private static string Listing => "{%- for t in tools or [] %}{{ t | tojson }}\n{%- endfor %}";

    private static string PythonList(string start, string end) => Messages
        + "{{ m.content or '' }}{%- if m.tool_calls %}" + start + "[{%- for c in m.tool_calls %}{{ c.function.name }}({%- for k, v in c.function.arguments | items %}{{ k }}={{ v | tojson }}{{ ', ' if not loop.last }}{%- endfor %}){{ ', ' if not loop.last }}{%- endfor %}]" + end
        + "{%- endif %}" + End;
}
