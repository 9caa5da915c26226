using System.ClientModel;
using System.Runtime.InteropServices;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Tests.Support;
using Microsoft.Extensions.AI;
using OpenAI;

namespace Kvasir.Serving.Tests.Server;

/// <summary>A server with an encoder, alone and beside a model that answers.</summary>
public sealed class EncoderTests : IAsyncLifetime
{
    private const string Key = "an-operators-key";

    private readonly TinyEncoder _encoder = new();
    private TestServer _server = null!;

    public async Task InitializeAsync() => _server = await TestServer.StartAsync(configuration => configuration with
    {
        Models = [new ModelConfiguration { Path = _encoder.Path, Name = "encoder" }, .. configuration.Models],
        Admin = configuration.Admin with { Key = Key },
        Limits = configuration.Limits with { MaxPromptTokens = 60 },
    });

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _encoder.Dispose();
    }

    [Fact]
    public async Task Texts_AndTokens_BecomeVectorsInTheirOrder_WithTheSameBitsInAnyCompany()
    {
        var both = await _server.PostAsync("/v1/embeddings", """{"model":"encoder","input":["the raven flies","the sea"]}""");
        Assert.Equal(200, both.Status);
        var one = await _server.PostAsync("/v1/embeddings", """{"model":"encoder","input":"the sea"}""");
        var tokens = (await _server.PostAsync("/tokenize", """{"model":"encoder","prompt":"the sea"}""")).Json.GetProperty("tokens").GetRawText();
        var ofTokens = await _server.PostAsync("/v1/embeddings", $$"""{"model":"encoder","input":{{tokens}}}""");
        Assert.Equal([0, 1], both.Json.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("index").GetInt32()));
        Assert.Equal(Vector(one, 0), Vector(both, 1));
        Assert.Equal(Vector(one, 0), Vector(ofTokens, 0));
        Assert.Equal(9, both.Json.GetProperty("usage").GetProperty("prompt_tokens").GetInt32()); // 5 and 4, with [CLS] and [SEP]
        Assert.Equal(1, Vector(one, 0).Sum(value => (double)value * value), 5);
    }

    [Fact]
    public async Task Base64_HoldsTheSameBits_AndDimensionsCutAndScale()
    {
        var floats = Vector(await _server.PostAsync("/v1/embeddings", """{"input":"the mountain"}"""), 0);
        var text = (await _server.PostAsync("/v1/embeddings", """{"input":"the mountain","encoding_format":"base64"}""")).Json.GetProperty("data")[0].GetProperty("embedding").GetString()!;
        Assert.Equal(floats, MemoryMarshal.Cast<byte, float>(Convert.FromBase64String(text)).ToArray());
        var cut = Vector(await _server.PostAsync("/v1/embeddings", """{"input":"the mountain","dimensions":8}"""), 0);
        Assert.Equal(8, cut.Length);
        Assert.Equal(1, cut.Sum(value => (double)value * value), 5);
        Assert.Equal(floats[1] / floats[0], cut[1] / cut[0], 4);
    }

    [Fact]
    public async Task PromptsAndPooling_AreTheRequests_WhereItNamesThem()
    {
        var prompt = Vector(await _server.PostAsync("/v1/embeddings", """{"input":"sea","prompt_name":"query"}"""), 0);
        Assert.Equal(Vector(await _server.PostAsync("/v1/embeddings", """{"input":"query: sea"}"""), 0), prompt);
        Assert.NotEqual(prompt, Vector(await _server.PostAsync("/v1/embeddings", """{"input":"query: sea","pooling":"cls"}"""), 0));
        var unknown = await _server.PostAsync("/v1/embeddings", """{"input":"sea","prompt_name":"title"}""");
        Assert.Equal(400, unknown.Status);
        Assert.Contains("document, query", unknown.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"input":""}""", 200)]
    [InlineData("""{"input":"a","dimensions":33}""", 400)]
    [InlineData("""{"input":[1,2,3],"dimensions":32}""", 200)]
    [InlineData("""{"model":"encoder:raven","input":"a"}""", 404)]
    [InlineData("""{"model":"tiny","input":"a","pooling":"cls"}""", 400)]
    [InlineData("""{"model":"tiny","input":"a","dimensions":3}""", 200)]
    public async Task Requests_AreAnsweredOrRefused(string body, int status) => Assert.Equal(status, (await _server.PostAsync("/v1/embeddings", body)).Status);

    [Fact]
    public async Task LongTexts_AreRefused_OrCutWhenAsked()
    {
        var text = string.Join(' ', Enumerable.Repeat("raven", 50));
        var refused = await _server.PostAsync("/v1/embeddings", $$"""{"input":"{{text}}"}""");
        Assert.Equal((400, "input", "context_length_exceeded"), (refused.Status, refused.Field, refused.Code));
        Assert.Contains("truncate", refused.Text, StringComparison.Ordinal);
        var cut = await _server.PostAsync("/v1/embeddings", $$"""{"input":"{{text}}","truncate":true}""");
        Assert.Equal(TinyEncoder.MaxTokens, cut.Json.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        var tokens = await _server.PostAsync("/v1/embeddings", $$"""{"input":[{{string.Join(',', Enumerable.Repeat(7, 65))}}]}""");
        Assert.Equal(400, tokens.Status);
    }

    [Fact]
    public async Task AnEncoder_DoesNotGenerate_AndTheErrorSaysWhatItDoes()
    {
        foreach (var (path, body) in new[]
        {
            ("/v1/chat/completions", """{"model":"encoder","messages":[{"role":"user","content":"hello"}]}"""),
            ("/v1/completions", """{"model":"encoder","prompt":"hello"}"""),
            ("/v1/responses", """{"model":"encoder","input":"hello"}"""),
        })
        {
            var reply = await _server.PostAsync(path, body);
            Assert.Equal((400, "model"), (reply.Status, reply.Field));
            Assert.Contains("/v1/embeddings", reply.Text, StringComparison.Ordinal);
        }

        Assert.Equal(200, (await _server.PostAsync("/v1/completions", """{"model":"tiny","prompt":"hello","max_tokens":1}""")).Status);
        Assert.Equal(200, (await _server.PostAsync("/admin/cache/clear", "{}", Key, _server.AdminAddress)).Status);
    }

    [Fact]
    public async Task ListStatusAndMetrics_TellOfIt()
    {
        await _server.PostAsync("/v1/embeddings", """{"input":["the raven","the sea"]}""");
        var listed = (await _server.GetAsync("/v1/models")).Json.GetProperty("data")[0];
        Assert.Equal("encoder", listed.GetProperty("id").GetString());
        Assert.True(listed.GetProperty("kvasir").GetProperty("encoder").GetBoolean());
        Assert.Equal(TinyEncoder.MaxTokens, listed.GetProperty("kvasir").GetProperty("context").GetInt32());
        var status = (await _server.GetAsync("/kvasir/status")).Json.GetProperty("models")[0];
        Assert.Equal((2, 8), (status.GetProperty("embeddings").GetProperty("texts").GetInt32(), status.GetProperty("embeddings").GetProperty("tokens").GetInt32()));
        var metrics = await _server.GetAsync("/metrics");
        Assert.Matches("kvasir_embeddings_texts[^\n]*encoder[^\n]* 2", metrics.Text);
    }

    [Fact]
    public async Task TheOfficialClient_AndMicrosoftsGenerator_ReadTheVectors()
    {
        var client = new OpenAIClient(new ApiKeyCredential("unused-key"), new OpenAIClientOptions { Endpoint = new Uri(_server.Client.BaseAddress!, "/v1") }).GetEmbeddingClient("encoder");
        var direct = (await client.GenerateEmbeddingsAsync(["the raven", "the sea"])).Value.Select(embedding => embedding.ToFloats().ToArray()).ToArray();
        using IEmbeddingGenerator<string, Embedding<float>> generator = client.AsIEmbeddingGenerator();
        var generated = await generator.GenerateAsync(["the raven", "the sea"]);
        Assert.Equal(2, generated.Count);
        for (var i = 0; i < 2; i++)
            Assert.Equal(direct[i], generated[i].Vector.ToArray());
        Assert.Equal(8, generated.Usage!.InputTokenCount);
        Assert.Equal(Vector(await _server.PostAsync("/v1/embeddings", """{"input":"the sea"}"""), 0), direct[1]);
    }

    private static float[] Vector(Reply reply, int index) =>
        [.. reply.Json.GetProperty("data")[index].GetProperty("embedding").EnumerateArray().Select(value => value.GetSingle())];
}
