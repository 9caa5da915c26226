using System.Text.Json;
using Kvasir.Serving.Tests.Support;

namespace Kvasir.Serving.Tests.Server;

/// <summary>Bodies of all kinds.</summary>
public sealed class RequestTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private const string Hello = "\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]";

    [Theory]
    [InlineData("{", null, "invalid_json")]
    [InlineData("[]", null, "invalid_type")]
    [InlineData("{}", "messages", "missing_required_parameter")]
    [InlineData("{\"messages\":[]}", "messages", "invalid_value")]
    [InlineData("{\"messages\":\"hi\"}", "messages", "invalid_type")]
    [InlineData("{\"messages\":[7]}", "messages[0]", "invalid_type")]
    [InlineData("{\"messages\":[{\"content\":\"hi\"}]}", "messages[0].role", "missing_required_parameter")]
    [InlineData("{\"messages\":[{\"role\":\"king\",\"content\":\"hi\"}]}", "messages[0].role", "invalid_value")]
    [InlineData("{\"messages\":[{\"role\":\"user\"}]}", "messages[0].content", "missing_required_parameter")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}", "messages[0].content[0].type", "invalid_value")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]}", "messages[0].content", "invalid_value")]
    [InlineData("{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]}]}", "messages[0].tool_calls[0].function.arguments", "invalid_value")]
    [InlineData("{" + Hello + ",\"temperature\":\"hot\"}", "temperature", "invalid_type")]
    [InlineData("{" + Hello + ",\"temperature\":-1}", "temperature", "invalid_value")]
    [InlineData("{" + Hello + ",\"max_tokens\":1.5}", "max_tokens", "invalid_value")]
    [InlineData("{" + Hello + ",\"max_tokens\":0}", "max_tokens", "invalid_value")]
    [InlineData("{" + Hello + ",\"stream\":1}", "stream", "invalid_type")]
    [InlineData("{" + Hello + ",\"n\":1000}", "n", "invalid_value")]
    [InlineData("{" + Hello + ",\"stop\":[\"\"]}", "stop", "invalid_value")]
    [InlineData("{" + Hello + ",\"stop\":{}}", "stop", "invalid_type")]
    [InlineData("{" + Hello + ",\"top_logprobs\":2}", "top_logprobs", "invalid_value")]
    [InlineData("{" + Hello + ",\"logit_bias\":{\"x\":1}}", "logit_bias.x", "invalid_value")]
    [InlineData("{" + Hello + ",\"tools\":[{\"type\":\"search\"}]}", "tools[0].type", "invalid_value")]
    [InlineData("{" + Hello + ",\"tools\":[{\"type\":\"function\",\"function\":{}}]}", "tools[0].function.name", "missing_required_parameter")]
    [InlineData("{" + Hello + ",\"tool_choice\":\"maybe\"}", "tool_choice", "invalid_value")]
    [InlineData("{" + Hello + ",\"response_format\":{\"type\":\"xml\"}}", "response_format.type", "invalid_value")]
    [InlineData("{" + Hello + ",\"response_format\":{\"type\":\"regex\",\"regex\":\"(\"}}", "response_format.regex", "invalid_grammar")]
    [InlineData("{" + Hello + ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":{\"type\":\"nothing\"}}}}", "response_format.json_schema.schema", "invalid_grammar")]
    [InlineData("{" + Hello + ",\"kvasir\":{\"scope\":\"all\"}}", "kvasir.scope", "invalid_value")]
    [InlineData("{" + Hello + ",\"kvasir.receipt\":3}", "kvasir.receipt", "invalid_type")]
    public async Task WhatIsWrong_IsRefused_ByTheNameOfItsField(string body, string? field, string code)
    {
        var server = shared.Server;
        var reply = await server.PostAsync("/v1/chat/completions", body);
        Assert.Equal((400, field, code), (reply.Status, reply.Field, reply.Code));
        Assert.Equal("invalid_request_error", reply.Json.GetProperty("error").GetProperty("type").GetString());
    }

    [Fact]
    public async Task WhatIsNotKnown_IsTolerated_AndNullIsAbsent()
    {
        var server = shared.Server;
        var reply = await server.PostAsync("/v1/chat/completions", "{" + Hello + ",\"max_tokens\":2,\"color\":\"red\",\"temperature\":null,\"tools\":null,\"service_tier\":\"auto\"}");
        Assert.Equal(200, reply.Status);
    }

    [Fact]
    public async Task SeveralAnswers_AreNumbered_WholeAndStreamed()
    {
        var server = shared.Server;
        const string body = "{" + Hello + ",\"max_tokens\":5,\"n\":3,\"seed\":4,\"ignore_eos\":true";
        var whole = (await server.PostAsync("/v1/chat/completions", body + "}")).Json;
        Assert.Equal([0, 1, 2], whole.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("index").GetInt32()));
        Assert.Equal(15, whole.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        var texts = new string[3];
        foreach (var item in Events(await server.PostAsync("/v1/chat/completions", body + ",\"stream\":true}")))
        {
            foreach (var choice in item.GetProperty("choices").EnumerateArray())
            {
                if (choice.GetProperty("delta").TryGetProperty("content", out var text))
                    texts[choice.GetProperty("index").GetInt32()] += text.GetString();
            }
        }

        Assert.Equal(whole.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("message").GetProperty("content").GetString()), texts);
    }

    [Fact]
    public async Task AStopText_EndsTheAnswer_AndIsNotPartOfIt()
    {
        var server = shared.Server;
        const string body = "{" + Hello + ",\"max_tokens\":40,\"temperature\":0,\"ignore_eos\":true";
        var free = (await server.PostAsync("/v1/chat/completions", body + "}")).Answer!;
        var stop = free.Substring(10, 3);
        var cut = await server.PostAsync("/v1/chat/completions", body + $",\"stop\":{JsonSerializer.Serialize(stop)}}}");
        Assert.Equal(free[..free.IndexOf(stop, StringComparison.Ordinal)], cut.Answer);
        Assert.Equal("stop", cut.Json.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Theory]
    [InlineData("""{"type":"regex","regex":"[a-c]{3}-[0-9]{2}"}""", "^[a-c]{3}-[0-9]{2}$")]
    [InlineData("""{"type":"grammar","grammar":"root ::= \"yes\" | \"no\""}""", "^(yes|no)$")]
    [InlineData("""{"type":"grammar","syntax":"lark","grammar":"start: \"yes\" | \"no\""}""", "^(yes|no)$")]
    [InlineData("""{"type":"json_schema","json_schema":{"name":"x","schema":{"enum":["red","blue"]}}}""", "^\"(red|blue)\"$")]
    public async Task AnAnswerWithAForm_HasIt(string format, string expected)
    {
        var server = shared.Server;
        for (var seed = 0; seed < 3; seed++)
        {
            var reply = await server.PostAsync("/v1/chat/completions", "{" + Hello + $",\"seed\":{seed},\"max_tokens\":40,\"response_format\":{format}}}");
            Assert.Matches(expected, reply.Answer!);
        }
    }

    [Fact]
    public async Task AReport_TellsTheOriginOfEveryPromptToken()
    {
        await using var server = await TestServer.StartAsync();
        const string body = "{\"messages\":[{\"role\":\"user\",\"content\":\"The wolf and the raven went up the hill to see the sun.\"}],\"max_tokens\":2,\"kvasir\":{\"report\":true,\"prompt_text\":true}}";
        var cold = (await server.PostAsync("/v1/chat/completions", body)).Json.GetProperty("kvasir");
        var warm = (await server.PostAsync("/v1/chat/completions", body)).Json.GetProperty("kvasir");
        Assert.Equal("computed", Assert.Single(cold.GetProperty("spans").EnumerateArray()).GetProperty("origin").GetString());
        Assert.Equal(["shared", "computed"], warm.GetProperty("spans").EnumerateArray().Select(span => span.GetProperty("origin").GetString()));
        Assert.Equal(Text(cold), Text(warm));
        Assert.Contains("The wolf", Text(warm), StringComparison.Ordinal);
        Assert.Equal(warm.GetProperty("prompt_tokens").GetInt32() - 1, warm.GetProperty("reused_tokens").GetInt32());

        static string Text(JsonElement report) => string.Concat(report.GetProperty("spans").EnumerateArray().Select(span => span.GetProperty("text").GetString()));
    }

    [Theory]
    [InlineData("\"The raven\"", 1)]
    [InlineData("[\"The raven\",\"A wolf\"]", 2)]
    [InlineData("[5,6,7]", 1)]
    [InlineData("[[5,6],[7]]", 2)]
    public async Task ACompletion_TakesTextsAndTokens(string prompt, int prompts)
    {
        var server = shared.Server;
        var reply = await server.PostAsync("/v1/completions", $"{{\"prompt\":{prompt},\"n\":2,\"max_tokens\":3,\"seed\":1,\"ignore_eos\":true}}");
        Assert.Equal(200, reply.Status);
        Assert.Equal(Enumerable.Range(0, 2 * prompts), reply.Json.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("index").GetInt32()));
        Assert.Equal(6 * prompts, reply.Json.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Theory]
    [InlineData("{}", "input", "missing_required_parameter")]
    [InlineData("{\"input\":7}", "input", "invalid_type")]
    [InlineData("{\"input\":[\"a\",{}]}", "input[1]", "invalid_type")]
    [InlineData("{\"input\":[1,99999999]}", "input", "invalid_value")]
    [InlineData("{\"input\":\"a\",\"dimensions\":0}", "dimensions", "invalid_value")]
    [InlineData("{\"input\":\"a\",\"encoding_format\":\"hex\"}", "encoding_format", "invalid_value")]
    [InlineData("{\"input\":\"a\",\"pooling\":\"max\"}", "pooling", "invalid_value")]
    public async Task AnEmbeddingThatCannotBe_IsRefused_ByTheNameOfItsField(string body, string field, string code)
    {
        var reply = await shared.Server.PostAsync("/v1/embeddings", body);
        Assert.Equal((400, field, code), (reply.Status, reply.Field, reply.Code));
    }

    [Fact]
    public async Task AnEmbeddingOfTheLastToken_ReusesAKnownPrefix_AndTheMeanDoesNot()
    {
        const string body = "{\"input\":\"A text that is long enough to fill more than one of the blocks of the cache, which hold thirty-two tokens each.\",\"pooling\":";
        var server = shared.Server;
        Assert.Equal(0, (await server.PostAsync("/v1/embeddings", body + "\"mean\"}")).Cached);
        Assert.Equal(0, (await server.PostAsync("/v1/embeddings", body + "\"mean\"}")).Cached);
        Assert.True((await server.PostAsync("/v1/embeddings", body + "\"last\"}")).Cached > 0);
    }

    [Fact]
    public async Task Tokens_GoThereAndBack()
    {
        var server = shared.Server;
        var tokens = (await server.PostAsync("/tokenize", "{\"prompt\":\"The raven sees.\",\"add_special_tokens\":false}")).Json;
        Assert.Equal(tokens.GetProperty("count").GetInt32(), tokens.GetProperty("tokens").GetArrayLength());
        var text = await server.PostAsync("/detokenize", $"{{\"tokens\":{tokens.GetProperty("tokens").GetRawText()}}}");
        Assert.Equal("The raven sees.", text.Json.GetProperty("prompt").GetString());
    }

    private static IEnumerable<JsonElement> Events(Reply reply) => reply.Text
        .Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Select(item => item["data: ".Length..])
        .Where(data => data != "[DONE]")
        .Select(data =>
        {
            using var document = JsonDocument.Parse(data);
            return document.RootElement.Clone();
        });
}
