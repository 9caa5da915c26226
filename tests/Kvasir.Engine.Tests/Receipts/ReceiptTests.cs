using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kvasir.Engine.Plans;
using Kvasir.Engine.Receipts;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.Engine.Tests.Support;
using Kvasir.Grammars;

namespace Kvasir.Engine.Tests.Receipts;

public sealed class ReceiptTests(TestModel model) : IClassFixture<TestModel>
{
    private static readonly JsonSerializerOptions Reflection = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    [Fact]
    public void Json_IsWhatReflectionWrites_AndIsReadBack()
    {
        foreach (var receipt in (Receipt[])[Sample(), Sample() with { Adapter = new ReceiptAdapter("räv", "ab", 0.5f), Constrained = true }])
        {
            var json = receipt.ToJson();
            Assert.Equal(JsonSerializer.Serialize(receipt, Reflection), json);
            Assert.Equal(json, Receipt.Parse(json).ToJson());
            Assert.Equal(float.NegativeInfinity, Receipt.Parse(json).Sampling.LogitBias![7]);
            Assert.Equal(receipt.Constrained, json.Contains("\"constrained\": true", StringComparison.Ordinal));
            Assert.Equal(receipt.Constrained, Receipt.Parse(json).Constrained);
        }
    }

    [Fact]
    public void ReceiptOfAnEarlierVersion_IsReadAsBefore()
    {
        var receipt = Receipt.Parse("""
            {"version":1,"model":"m","numericsProfile":"p","maxContext":256,"kvType":"F16","prompt":[1,2],
             "spans":[{"start":0,"length":2,"origin":"computed","end":2}],
             "sampling":{"temperature":0.5,"topK":0,"topP":1,"minP":0,"repetitionPenalty":1,"presencePenalty":0,"frequencyPenalty":0,
             "logitBias":{"3":"Infinity"},"seed":18446744073709551615,"isGreedy":false},"choice":0,"tokens":[5],"logitDigests":["00"],"finish":"length"}
            """);
        Assert.False(receipt.Constrained);
        Assert.Equal((ulong.MaxValue, float.PositiveInfinity, FinishReason.Length), (receipt.Sampling.Seed, receipt.Sampling.LogitBias![3], receipt.Finish));
        Assert.Equal(new PlanSpan(0, 2, SpanOrigin.Computed), Assert.Single(receipt.Spans));
        Assert.Throws<InvalidDataException>(() => Receipt.Parse("{\"version\":1}"));
        Assert.Throws<InvalidDataException>(() => Receipt.Parse("[]"));
        Assert.Throws<InvalidDataException>(() => Receipt.Parse("null"));
    }

    [Fact]
    public void Receipt_IsWrittenIntoALargerDocument()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartArray();
            Sample().WriteTo(writer);
            writer.WriteEndArray();
        }

        using var document = JsonDocument.Parse(stream.ToArray());
        Assert.Equal(Sample().ToJson(), Receipt.Parse(document.RootElement[0].GetRawText()).ToJson());
        Assert.DoesNotContain('\n', Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Theory]
    [InlineData("[a-z]{3,9}[.]", 40)]
    [InlineData("[a-z ]*", 12)]
    [InlineData("(yes|no)?", 12)]
    public async Task ConstrainedAnswer_IsReplayedByItsTokens(string regex, int maxTokens)
    {
        using var engine = KvasirEngine.Load(model.Path);
        var grammar = CompiledGrammar.Compile(Grammar.FromRegex(regex), Vocabularies.Of(engine.Tokenizer!, engine.Config.VocabSize));
        using var generation = engine.Submit(new GenerationRequest
        {
            Prompt = TinyModel.Tokens(20, 1),
            MaxTokens = maxTokens,
            Grammar = grammar,
            WantReceipt = true,
            Choices = 3,
            Sampling = new SamplingOptions { Temperature = 1, Seed = 3, PresencePenalty = 1 },
        });
        foreach (var answer in await generation.CompleteAsync())
        {
            var receipt = Receipt.Parse(answer.Receipt!.ToJson());
            Assert.True(receipt.Constrained);
            Assert.Equal(new ReplayResult(receipt.LogitDigests.Count, -1), await engine.ReplayAsync(receipt));
            Assert.NotEmpty(receipt.LogitDigests);
            if (receipt.Tokens.Count < 2)
                continue;
            int[] changed = [(receipt.Tokens[0] + 1) % engine.Config.VocabSize, .. receipt.Tokens.Skip(1)];
            Assert.Equal(1, (await engine.ReplayAsync(receipt with { Tokens = changed })).FirstDifference);
            Assert.False((await engine.ReplayAsync(receipt with { Constrained = false })).BitsEqual, "without the grammar the model wrote the same: the test shows nothing");
            await Assert.ThrowsAsync<ArgumentException>(() => engine.ReplayAsync(receipt with { Tokens = [100_000, .. receipt.Tokens.Skip(1)] }));
        }
    }

    private static Receipt Sample() => new()
    {
        Model = "00ff",
        NumericsProfile = "profile",
        MaxContext = 256,
        KvType = "F16",
        Prompt = [1, 2, 3],
        Spans = [new PlanSpan(0, 2, SpanOrigin.Shared), new PlanSpan(2, 1, SpanOrigin.Computed)],
        Sampling = new SamplingOptions { Temperature = 0.7f, Seed = ulong.MaxValue, LogitBias = new Dictionary<int, float> { [7] = float.NegativeInfinity } },
        Choice = 1,
        Tokens = [4, 5],
        LogitDigests = ["0123456789abcdef", "fedcba9876543210"],
        Finish = FinishReason.Stop,
    };
}
