using System.Runtime.InteropServices;
using System.Text.Json;
using Kvasir.Engine.Embeddings;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Json;
using Kvasir.Serving.Pipeline;
using Kvasir.Serving.Requests;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Embeddings;

/// <summary><c>POST /v1/embeddings</c>: pooled hidden states of the language model.</summary>
internal sealed class EmbeddingEndpoint(ModelRegistry models, ServerConfiguration configuration)
{
    /// <summary>Texts of one request that are computed at once; the others wait here and leave the queue to others.</summary>
    private const int AtOnce = 16;

    public async Task HandleAsync(ApiCall call)
    {
        var body = await JsonBody.ReadAsync(call.Http).ConfigureAwait(false);
        var name = body.Text("model");
        var base64 = body.OneOf("encoding_format", "float", "base64") == "base64";
        using var lease = await models.AcquireAsync(name, call.Cancellation).ConfigureAwait(false);
        call.Trace.SetModel(lease);
        if (KvasirFields.Read(body).Reuse is { IsGiven: true, Policy: not ReuseConfiguration.Off })
            throw ApiException.Invalid(ReuseFields.Name, "embeddings and chunk reuse cannot be combined: a vector is computed exactly, so that equal texts have equal vectors; leave out kvasir.reuse and kvasir.find");
        var width = lease.Service.Engine.Config.HiddenSize;
        if (body.Integer("dimensions", 1, int.MaxValue) is { } dimensions && dimensions != width)
            throw body.Invalid("dimensions", $"is {dimensions}; this model's vectors have {width} and cannot be shortened");
        var template = Template(call, body, lease);
        var inputs = TextInputs.Read(body, "input", lease.Service);
        foreach (var input in inputs)
            PromptLimit.Check("input", input.Length, configuration.Limits);
        var embeddings = new Embedding[inputs.Count];
        await Parallel.ForAsync(
            0,
            inputs.Count,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = call.Cancellation },
            async (i, cancellation) =>
                embeddings[i] = await lease.Service.Engine.EmbedAsync(template with { Prompt = inputs[i] }, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
        await JsonResponse.WriteAsync(call.Http, StatusCodes.Status200OK, json => Write(json, name ?? lease.Service.Name, embeddings, base64)).ConfigureAwait(false);
    }

    private EmbeddingRequest Template(ApiCall call, JsonFields body, ModelLease lease) => new()
    {
        Prompt = default,
        Pooling = body.OneOf("pooling", "mean", "last") == "last" ? EmbeddingPooling.LastToken : EmbeddingPooling.Mean,
        Normalize = body.Flag("normalize") ?? true,
        Adapter = lease.Adapter,
        CacheSalt = KvasirFields.Read(body).CacheSalt(call.Tenant, configuration.Cache),
        QueueTimeout = configuration.Limits.QueueTimeout,
    };

    private static void Write(Utf8JsonWriter json, string model, Embedding[] embeddings, bool base64)
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        for (var i = 0; i < embeddings.Length; i++)
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
