using Kvasir.Engine.Conversations;
using Kvasir.Serving.Chat;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Json;
using Kvasir.Serving.Requests;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Operations;

/// <summary><c>POST /tokenize</c> and <c>POST /detokenize</c>: texts or chats to token ids, and back.</summary>
internal sealed class TokenEndpoint(ModelRegistry models)
{
    public async Task TokenizeAsync(HttpContext http)
    {
        var body = await JsonBody.ReadAsync(http).ConfigureAwait(false);
        using var lease = await models.AcquireAsync(body.Text("model"), http.RequestAborted).ConfigureAwait(false);
        var tokens = await TokensAsync(body, lease.Service, http.RequestAborted).ConfigureAwait(false);
        var tokenizer = lease.Service.Tokenizer;
        var texts = body.Flag("return_token_strs") ?? false;
        await JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("count", tokens.Length);
            json.WriteNumber("max_model_len", lease.Service.MaxContext);
            json.WriteStartArray("tokens");
            foreach (var token in tokens.Span)
                json.WriteNumberValue(token);
            json.WriteEndArray();
            if (texts)
            {
                json.WriteStartArray("token_strs");
                foreach (var token in tokens.Span)
                    json.WriteStringValue(LogprobWriter.Text(tokenizer, token));
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    public async Task DetokenizeAsync(HttpContext http)
    {
        var body = await JsonBody.ReadAsync(http).ConfigureAwait(false);
        using var lease = await models.AcquireAsync(body.Text("model"), http.RequestAborted).ConfigureAwait(false);
        var text = lease.Service.Tokenizer.Decode(TextInputs.Tokens(body, "tokens", lease.Service));
        await JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("prompt", text);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static async Task<ReadOnlyMemory<int>> TokensAsync(JsonFields body, ModelService model, CancellationToken cancellation)
    {
        if (!body.TryGet("messages", out _))
        {
            var text = body.RequireText("prompt");
            if (!(body.Flag("add_special_tokens") ?? true))
                return model.Tokenizer.Encode(text);
            return model.Generator is { } generator ? generator.Encode(text) : model.Tokenizer.EncodeWhole(text);
        }

        var marks = new MarkReader();
        var messages = MessageReader.Read(body, marks);
        var (conversation, _) = await model.PrepareAsync(
            new ConversationRequest
            {
                Messages = messages,
                Marked = marks.Marks,
                Tools = ToolReader.Tools(body, nested: true),
                TemplateVariables = ToolReader.TemplateVariables(body, null),
            },
            cancellation).ConfigureAwait(false);
        return conversation.Prompt;
    }
}
