using System.Text;
using System.Text.Json;
using Kvasir.Models;

namespace Kvasir.Engine.Conversations;

/// <summary>Puts the events of one answer together again.</summary>
public sealed class AnswerCollector
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _reasoning = new();
    private readonly StringBuilder _arguments = new();
    private readonly List<ChatToolCall> _calls = [];
    private string _name = "";
    private string? _id;
    private bool _reasoned;

    /// <summary>Adds an event.</summary>
    /// <returns>The call that is complete with it, or null.</returns>
    public ChatToolCall? Add(in AnswerEvent item)
    {
        switch (item.Kind)
        {
            case AnswerEventKind.Text or AnswerEventKind.ToolCallFailed:
                _text.Append(item.Text);
                return null;
            case AnswerEventKind.Reasoning:
                _reasoned = true;
                _reasoning.Append(item.Text);
                return null;
            case AnswerEventKind.ToolCallStart:
                (_name, _id) = (item.ToolName!, item.ToolId);
                _arguments.Clear();
                return null;
            case AnswerEventKind.ToolCallArguments:
                _arguments.Append(item.Text);
                return null;
            default:
                using (var document = JsonDocument.Parse(_arguments.ToString()))
                    _calls.Add(new ChatToolCall(_id, _name, document.RootElement.Clone()));
                return _calls[^1];
        }
    }

    /// <summary>The answer as far as it has come; a call that has not ended is not in it.</summary>
    public ParsedAnswer ToAnswer() => new(_text.ToString(), _reasoned ? _reasoning.ToString() : null, [.. _calls]);
}
