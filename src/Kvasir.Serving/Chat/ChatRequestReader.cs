using Kvasir.Engine.Conversations;
using Kvasir.Engine.Requests;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Json;
using Kvasir.Serving.Requests;

namespace Kvasir.Serving.Chat;

/// <summary>Reads the body of <c>/v1/chat/completions</c>.</summary>
internal static class ChatRequestReader
{
    /// <exception cref="Errors.ApiException">A field is missing or wrong.</exception>
    public static ChatCall Read(JsonFields body, ModelService model)
    {
        var format = AnswerFormat.Read(body);
        var effort = body.OneOf("reasoning_effort", "none", "minimal", "low", "medium", "high", "xhigh");
        var logprobs = body.Flag("logprobs") ?? false;
        var top = body.Integer("top_logprobs", 0, GenerationRequest.MaxTopLogprobs);
        if (top is not null && !logprobs)
            throw body.Invalid("top_logprobs", "needs logprobs to be true");
        var marks = new MarkReader();
        var messages = MessageReader.Read(body, marks);
        return new ChatCall
        {
            Conversation = new ConversationRequest
            {
                Messages = messages,
                Marked = marks.Marks,
                Tools = ToolReader.Tools(body, nested: true),
                ToolChoice = ToolReader.Choice(body, nested: true),
                ParallelToolCalls = body.Flag("parallel_tool_calls") ?? true,
                ResponseGrammar = format is null ? null : format.ToGrammar,
                ResponseGrammarKey = format?.Key,
                TemplateVariables = ToolReader.TemplateVariables(body, effort),
            },
            Sampling = SamplingFields.Read(body, model.Engine.Config.VocabSize),
            Kvasir = KvasirFields.Read(body),
            MaxTokens = body.Integer("max_completion_tokens", 1, int.MaxValue) ?? body.Integer("max_tokens", 1, int.MaxValue),
            Choices = body.Integer("n", 1, GenerationRequest.MaxChoices) ?? 1,
            Stops = StopFields.Read(body),
            IgnoreStopTokens = body.Flag("ignore_eos") ?? false,
            TopLogprobs = logprobs ? top ?? 0 : null,
        };
    }
}
