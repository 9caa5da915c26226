using Kvasir.Engine.Conversations.Calls;
using Kvasir.Models;

namespace Kvasir.Engine.Conversations.Formats;

/// <summary>The families' formats, and which of them a chat template speaks.</summary>
internal static class CallFormats
{
    private const string FullBar = "\uFF5C";
    private const string Block = "\u2581";

    /// <summary>Each object between <c>&lt;tool_call&gt;</c> tags: Hermes, Qwen2.5, Qwen3, SmolLM3, Granite 4.</summary>
    public static CallFormat Hermes { get; } = new("hermes", new JsonCalls { Starts = ["<tool_call>"], Ends = ["</tool_call>"] });

    /// <summary>The same, where the template knows no functions.</summary>
    public static CallFormat Generic { get; } = Hermes with { Name = "generic", ToldByUs = true };

    /// <summary>The format of a template.</summary>
    public static CallFormat Of(string template, Tokenizer? tokenizer)
    {
        return Tagged(template) ?? Named(template) ?? Listed(template, tokenizer) ?? LastResort(template, tokenizer);
    }

    private static CallFormat? Tagged(string template)
    {
        if (Has(template, "<function=") && Has(template, "<parameter="))
        {
            return new CallFormat("qwen3-coder", new TaggedCalls
            {
                SectionStart = "<tool_call>",
                SectionEnd = "</tool_call>",
                CallStart = "<function=",
                NameEnd = ">\n",
                CallEnd = "</function>",
                ParameterStart = "<parameter=",
                ValueStart = ">",
                ValueEnd = "</parameter>",
                ValuePadding = "\n",
                ParameterEnd = "\n",
            });
        }

        if (!Has(template, "<arg_key>"))
            return null;

        // GLM 4 breaks the line between tags, later ones do not.
        var line = Has(template, "</arg_key>\n<arg_value>") || Has(template, "</arg_key>\\n<arg_value>") ? "\n" : "";
        return new CallFormat("glm", new TaggedCalls
        {
            SectionStart = "<tool_call>",
            SectionEnd = "</tool_call>",
            CallStart = "",
            NameEnd = line,
            CallEnd = "",
            ParameterStart = "<arg_key>",
            ValueStart = $"</arg_key>{line}<arg_value>",
            ValueEnd = "</arg_value>",
            ParameterEnd = line,
        });
    }

    private static CallFormat? Named(string template)
    {
        if (Has(template, $"tool{Block}calls{Block}begin"))
        {
            var fenced = Has(template, "```json");
            return new CallFormat(fenced ? "deepseek-r1" : "deepseek-v3.1", new NamedCalls
            {
                SectionStart = DeepSeek("tool calls begin"),
                SectionEnd = DeepSeek("tool calls end"),
                CallStart = DeepSeek("tool call begin"),
                Prefix = fenced ? "function" + DeepSeek("tool sep") : "",
                Separator = fenced ? "\n```json\n" : DeepSeek("tool sep"),
                OtherSeparators = [DeepSeek("tool sep")],
                CallEnd = (fenced ? "\n```" : "") + DeepSeek("tool call end"),
                OtherEnds = fenced ? ["```", DeepSeek("tool call end")] : [],
            });
        }

        if (Has(template, "<|tool_calls_section_begin|>"))
        {
            return new CallFormat("kimi-k2", new NamedCalls
            {
                SectionStart = "<|tool_calls_section_begin|>",
                SectionEnd = "<|tool_calls_section_end|>",
                CallStart = "<|tool_call_begin|>",
                Separator = "<|tool_call_argument_begin|>",
                CallEnd = "<|tool_call_end|>",
                NameIsId = true,
            });
        }

        if (Has(template, "[TOOL_CALLS]") && Has(template, "[ARGS]"))
        {
            return new CallFormat("mistral-v11", new NamedCalls
            {
                CallStart = "[TOOL_CALLS]",
                IdMark = "[CALL_ID]",
                Separator = "[ARGS]",
            })
            { ShortIds = true };
        }

        return !Has(template, "<function=") ? null : new CallFormat("llama-function", new NamedCalls
        {
            CallStart = "<function=",
            Separator = ">",
            CallEnd = "</function>",
        });
    }

    private static CallFormat? Listed(string template, Tokenizer? tokenizer)
    {
        if (Has(template, "[TOOL_CALLS]"))
            return new CallFormat("mistral", new JsonCalls { Starts = ["[TOOL_CALLS]"], List = true, IdKey = "id" }) { ShortIds = true };
        if (Has(template, "<TOOLCALL>"))
            return new CallFormat("nemotron", new JsonCalls { Starts = ["<TOOLCALL>"], Ends = ["</TOOLCALL>"], List = true });
        if (Has(template, "<|START_ACTION|>"))
        {
            return new CallFormat("command-r", new JsonCalls
            {
                Starts = ["<|START_ACTION|>"],
                Ends = ["<|END_ACTION|>"],
                List = true,
                NumberKey = "tool_call_id",
                NameKey = "tool_name",
                ArgumentsKey = "parameters",
            });
        }

        if (Has(template, "functools") || Has(template, "<|tool|>"))
        {
            var token = !Has(template, "functools") && (Has(template, "<|tool_call|>") || tokenizer?.Find("<|tool_call|>") is not null);
            return new CallFormat("phi4", new JsonCalls
            {
                Starts = token ? ["<|tool_call|>", "functools"] : ["functools"],
                Ends = token ? ["<|/tool_call|>"] : [],
                List = true,
            });
        }

        return Has(template, "<|tool_call|>")
            ? new CallFormat("granite", new JsonCalls { Starts = ["<|tool_call|>", "<tool_call>"], List = true })
            : null;
    }

    private static CallFormat LastResort(string template, Tokenizer? tokenizer)
    {
        if (Has(template, "<tool_call>"))
            return Hermes;
        if (Has(template, "<|tool_call_start|>") && !Has(template, "```python"))
            return new CallFormat("lfm2", new PythonCalls { Start = "<|tool_call_start|>", End = "<|tool_call_end|>" });
        if (Has(template, "<|python_start|>") || Has(template, "<|header_start|>"))
            return new CallFormat("llama4", new PythonCalls { Start = "<|python_start|>", End = "<|python_end|>", Bare = true });
        return Has(template, "<|python_tag|>") || (Has(template, "\"parameters\":") && Has(template, "<|start_header_id|>"))
            || tokenizer?.Find("<|python_tag|>") is not null
            ? new CallFormat("llama3", new JsonCalls { Starts = ["<|python_tag|>"], Bare = true, ArgumentsKey = "parameters" })
            : Generic;
    }

    private static string DeepSeek(string words) => $"<{FullBar}{words.Replace(" ", Block, StringComparison.Ordinal)}{FullBar}>";

    private static bool Has(string template, string text) => template.Contains(text, StringComparison.Ordinal);
}
