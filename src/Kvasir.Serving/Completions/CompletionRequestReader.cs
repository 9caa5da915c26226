using Kvasir.Engine.Requests;
using Kvasir.Serving.Chat;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Json;
using Kvasir.Serving.Requests;

namespace Kvasir.Serving.Completions;

/// <summary>Reads the body of <c>/v1/completions</c>.</summary>
internal static class CompletionRequestReader
{
    /// <summary>The protocol's default.</summary>
    private const int DefaultMaxTokens = 16;

    private const int MaxLogprobs = 5;

    /// <exception cref="Errors.ApiException">A field is missing or wrong.</exception>
    public static async Task<CompletionCall> ReadAsync(JsonFields body, ModelService model, CancellationToken cancellation)
    {
        if (body.Text("suffix") is { Length: > 0 })
            throw body.Invalid("suffix", "is not supported; leave it out");
        var choices = body.Integer("n", 1, GenerationRequest.MaxChoices) ?? 1;
        if (body.Integer("best_of", 1, GenerationRequest.MaxChoices) is { } best && best != choices)
            throw body.Invalid("best_of", $"is {best} and n is {choices}; only equal values are supported");
        var format = AnswerFormat.Read(body);
        var (prompts, parts) = PromptReader.Read(body, model);
        return new CompletionCall
        {
            Prompts = prompts,
            Parts = parts,
            Sampling = SamplingFields.Read(body, model.Engine.Config.VocabSize),
            Kvasir = KvasirFields.Read(body),
            Grammar = format is null ? null : await model.CompileAsync(format.Kind, format.Source, format.ToGrammar, cancellation).ConfigureAwait(false),
            MaxTokens = body.Integer("max_tokens", 1, int.MaxValue) ?? DefaultMaxTokens,
            Choices = choices,
            Echo = body.Flag("echo") ?? false,
            Stops = StopFields.Read(body),
            IgnoreStopTokens = body.Flag("ignore_eos") ?? false,
            TopLogprobs = body.Integer("logprobs", 0, MaxLogprobs),
        };
    }
}
