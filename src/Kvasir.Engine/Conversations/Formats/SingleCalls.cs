using Kvasir.Models;

namespace Kvasir.Engine.Conversations.Formats;

/// <summary>Conversations for templates that admit one call a message.</summary>
internal static class SingleCalls
{
    /// <summary>Several calls of one message become messages of their own, each with its result after it.</summary>
    public static List<ChatMessage> Split(IReadOnlyList<ChatMessage> messages)
    {
        var result = new List<ChatMessage>();
        var taken = new HashSet<ChatMessage>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < messages.Count; i++)
        {
            var message = messages[i];
            if (taken.Contains(message))
                continue;
            if (message.ToolCalls.Count < 2)
            {
                result.Add(message);
                continue;
            }

            var results = messages.Skip(i + 1).TakeWhile(m => m.ToolCallId is not null).ToList();
            for (var c = 0; c < message.ToolCalls.Count; c++)
            {
                var call = message.ToolCalls[c];
                result.Add(c == 0 ? message with { ToolCalls = [call] } : new ChatMessage(message.Role, null) { ToolCalls = [call] });
                var own = results.Where(r => call.Id is not null && r.ToolCallId == call.Id && taken.Add(r)).ToList();
                result.AddRange(own);
            }
        }

        return result;
    }
}
