using System.Runtime.InteropServices;
using System.Text.Json;
using Kvasir.Engine.Embeddings;
using Kvasir.Engine.Requests;
using Kvasir.Models;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Json;
using Kvasir.Serving.Pipeline;
using Kvasir.Serving.Requests;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Embeddings;

/// <summary><c>POST /v1/embeddings</c>: vectors of texts, of an encoder or of a decoder's hidden states.</summary>
internal sealed class EmbeddingEndpoint(ModelRegistry models, ServerConfiguration configuration)
{
    public async Task HandleAsync(ApiCall call)
    {
        try
        {
            await EmbedAsync(call).ConfigureAwait(false);
        }
        catch (ContextLengthException exception)
        {
            throw ApiException.Invalid("input", exception.Message, "context_length_exceeded", exception);
        }
    }

    private async Task EmbedAsync(ApiCall call)
    {
        var body = await JsonBody.ReadAsync(call.Http).ConfigureAwait(false);
        var name = body.Text("model");
        var base64 = body.OneOf("encoding_format", "float", "base64") == "base64";
        using var lease = await models.AcquireAsync(name, call.Cancellation).ConfigureAwait(false);
        call.Trace.SetModel(lease);
        if (KvasirFields.Read(body).Reuse is { IsGiven: true, Policy: not ReuseConfiguration.Off })
            throw ApiException.Invalid(ReuseFields.Name, "embeddings and chunk reuse cannot be combined: a vector is computed exactly, so that equal texts have equal vectors; leave out kvasir.reuse and kvasir.find");
        var embedder = lease.Service.Embedder;
        var template = Template(call, body, lease);
        var text = new TextOptions { PromptName = body.Text("prompt_name"), Truncate = body.Flag("truncate") ?? false };
        var inputs = TextInputs.Read(body, "input", lease.Service, input => embedder.EncodeText(input, text));
        foreach (var input in inputs)
            PromptLimit.Check("input", input.Length, configuration.Limits);
        var embeddings = await embedder.EmbedAllAsync(inputs, template, call.Cancellation).ConfigureAwait(false);
        await JsonResponse.WriteAsync(call.Http, StatusCodes.Status200OK, json => Write(json, name ?? lease.Service.Name, embeddings, base64)).ConfigureAwait(false);
    }

    private EmbeddingRequest Template(ApiCall call, JsonFields body, ModelLease lease) => new()
    {
        Prompt = default,
        Pooling = body.OneOf("pooling", "mean", "last", "cls") switch
        {
            "mean" => EmbeddingPooling.Mean,
            "last" => EmbeddingPooling.LastToken,
            "cls" when lease.Service.Encoder is null => throw body.Invalid("pooling", "is cls, but the first token of a decoder sees no other; send mean or last"),
            "cls" => EmbeddingPooling.FirstToken,
            _ => null,
        },
        Normalize = body.Flag("normalize"),
        Dimensions = body.Integer("dimensions", 1, lease.Service.Embedder.Dimensions),
        Adapter = lease.Adapter,
        CacheSalt = KvasirFields.Read(body).CacheSalt(call.Tenant, configuration.Cache),
        QueueTimeout = configuration.Limits.QueueTimeout,
    };

    private static void Write(Utf8JsonWriter json, string model, IReadOnlyList<Embedding> embeddings, bool base64)
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        for (var i = 0; i < embeddings.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("object", "embedding");
            json.WriteNumber("index", i);
            WriteVector(json, embeddings[i].Vector, base64);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("model", model);
        var tokens = embeddings.Sum(embedding => embedding.PromptTokens);
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", tokens);
        json.WriteNumber("total_tokens", tokens);
        json.WriteStartObject("prompt_tokens_details");
        json.WriteNumber("cached_tokens", embeddings.Sum(embedding => embedding.ReusedTokens));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteVector(Utf8JsonWriter json, float[] vector, bool base64)
    {
        if (base64)
        {
            json.WriteBase64String("embedding", MemoryMarshal.AsBytes<float>(vector));
            return;
        }

        json.WriteStartArray("embedding");
        foreach (var value in vector)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
