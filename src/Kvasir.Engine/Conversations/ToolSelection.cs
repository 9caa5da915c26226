using Kvasir.Engine.Conversations.Parsing;

namespace Kvasir.Engine.Conversations;

/// <summary>Which functions a request is about.</summary>
internal static class ToolSelection
{
    /// <summary>The functions that the model is told of.</summary>
    /// <exception cref="ArgumentException">They are not valid.</exception>
    public static IReadOnlyList<ToolDefinition> Select(ConversationRequest request)
    {
        if (request.Messages.Count == 0)
            throw new ArgumentException("a conversation needs at least one message");
        if (request.Tools.Count > ConversationRequest.MaxTools)
            throw new ArgumentException($"{request.Tools.Count} functions are given; at most {ConversationRequest.MaxTools} are allowed");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tool in request.Tools)
        {
            if (!ToolSet.IsName(tool.Name))
                throw new ArgumentException($"the function name \"{tool.Name}\" is not valid; use 1 to {CallInput.MaxName} letters, digits, _, - and .");
            if (!names.Add(tool.Name))
                throw new ArgumentException($"the function \"{tool.Name}\" is given twice; names must differ");
        }

        var choice = request.ToolChoice;
        if (choice.Kind is ToolChoiceKind.Required or ToolChoiceKind.Named && request.Tools.Count == 0)
            throw new ArgumentException("a function is to be called, but none is given");
        if (choice.Function is { } function && !names.Contains(function))
            throw new ArgumentException($"the function \"{function}\" is to be called, but is not among those given");
        return choice.Kind == ToolChoiceKind.None ? [] : request.Tools;
    }

    /// <summary>Those of them that may be called.</summary>
    public static IReadOnlyList<ToolDefinition> Callable(ConversationRequest request, IReadOnlyList<ToolDefinition> tools) =>
        request.ToolChoice.Function is { } function ? [.. tools.Where(t => t.Name == function)] : tools;
}
