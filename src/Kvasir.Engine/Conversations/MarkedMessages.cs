using System.Text;
using Kvasir.Models;

namespace Kvasir.Engine.Conversations;

/// <summary>Writes marks around the marked parts of messages.</summary>
internal static class MarkedMessages
{
    /// <summary>The request with marks in its messages' contents.</summary>
    /// <exception cref="ArgumentException">A part is not in a content, or overlaps or precedes the one before it.</exception>
    public static (ConversationRequest Request, ChatMarks Marks) Mark(ConversationRequest request)
    {
        var marks = ChatMarks.Choose(
            request.Messages, request.TemplateVariables, [.. request.Tools.Select(tool => new ChatTool(tool.Name, tool.Description, tool.Parameters))]);
        var messages = request.Messages.ToArray();
        for (var i = 0; i < request.Marked.Count;)
        {
            var number = request.Marked[i].Message;
            if (number < 0 || number >= messages.Length || messages[number].Content is not { } content || (i > 0 && number < request.Marked[i - 1].Message))
                throw new ArgumentException($"a part of message {number} is marked, which is not there, has no text, or comes before one that was marked earlier", nameof(request));
            var text = new StringBuilder(content.Length + 2);
            var done = 0;
            for (; i < request.Marked.Count && request.Marked[i] is var part && part.Message == number; i++)
            {
                if (part.Start < done || part.Length < 0 || part.Length > content.Length - part.Start)
                {
                    throw new ArgumentException(
                        $"the marked part [{part.Start}, {(long)part.Start + part.Length}) of message {number} overlaps the one before it or is not in its {content.Length} characters", nameof(request));
                }

                text.Append(content.AsSpan(done, part.Start - done));
                marks.AppendAround(text, content.AsSpan(part.Start, part.Length));
                done = part.Start + part.Length;
            }

            messages[number] = messages[number] with { Content = text.Append(content.AsSpan(done)).ToString() };
        }

        return (request with { Messages = messages }, marks);
    }
}
