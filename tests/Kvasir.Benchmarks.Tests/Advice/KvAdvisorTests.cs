using Kvasir.Benchmarks.Advice;

namespace Kvasir.Benchmarks.Tests.Advice;

public sealed class KvAdvisorTests
{
    [Theory]
    [InlineData("agreement=0.98", true, 0.98)]
    [InlineData("kl=0.05", false, 0.05)]
    public void AFloor_IsRead_AndWrittenAsItWas(string text, bool isAgreement, double bound)
    {
        var floor = QualityFloor.Parse(text);
        Assert.Equal((isAgreement, bound), (floor.IsAgreement, floor.Bound));
        Assert.Equal(text, floor.ToString());
    }

    [Theory]
    [InlineData("0.98")]
    [InlineData("agreement=1.5")]
    [InlineData("kl=-1")]
    [InlineData("kl=NaN")]
    [InlineData("mass=0.5")]
    public void WhatIsNoFloor_IsRefused(string text) =>
        Assert.Contains("agreement=SHARE", Assert.Throws<FormatException>(() => QualityFloor.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void ABound_IsTheWorseOfCasesAndTokens()
    {
        // Four cases that agree on all of 40 tokens: Student is certain, Wilson says n / (n + z^2).
        var floor = new QualityFloor(IsAgreement: true, 0.98);
        Assert.Equal(40 / (40 + (1.96 * 1.96)), floor.BoundOf([0, 0, 0, 0], [1, 1, 1, 1], 40), 1e-9);

        // Cases that differ: mean 0.9, deviation 0.1, t = 4.303 of two degrees of freedom; that is below Wilson's 0.88 of 1,000 tokens.
        Assert.Equal(0.9 - (4.303 * 0.1 / Math.Sqrt(3)), floor.BoundOf([0, 0, 0], [0.8, 0.9, 1.0], 1000), 1e-9);
        var divergence = new QualityFloor(IsAgreement: false, 0.05);
        Assert.Equal(0.02 + (4.303 * 0.01 / Math.Sqrt(3)), divergence.BoundOf([0.01, 0.02, 0.03], [1, 1, 1], 30), 1e-9);
        Assert.False(divergence.Holds(divergence.BoundOf([0.01], [1], 10))); // of one case nothing is known
    }

    [Fact]
    public void TheFewestBytesThatKeepTheFloor_AreAdvised_AmongWaysThatReadEverything()
    {
        var floor = new QualityFloor(IsAgreement: true, 0.9);
        KvAdvicePoint[] points = [Point("full", 1, 1, 8), Point("q8_0", 0.56, 0.99, 8), Point("kivi4", 0.4, 0.95, 8), Point("snapkv", 0.25, 0.7, 8), Point("q4_0", 0.28, 0.97, 5)];
        var advice = KvAdvisor.Advise(floor, points, 8, interrupted: true);
        Assert.Equal("kivi4", advice.Recommended!.Way);
        Assert.Equal(["full", "snapkv", "q4_0", "kivi4", "q8_0"], advice.Points.Select(point => point.Way));
        Assert.Equal("full", KvAdvisor.Advise(floor, [points[0], points[3]], 8, false).Recommended!.Way);
        Assert.Null(KvAdvisor.Advise(floor, [], 8, true).Recommended);

        KvAdvicePoint Point(string way, double bytes, double bound, int cases) => new(way, bytes, bytes, 0, bound, bound, cases, bound >= floor.Bound, "");
    }

    [Fact]
    public async Task TheBundledModel_IsAdvised_ByMeasuredBytesAndAnswers()
    {
        var advice = await KvAdvisor.RunAsync(new KvAdviceOptions
        {
            Model = RepositoryFile.Find("models", "kvasir-mini.gguf"),
            Floor = new QualityFloor(IsAgreement: false, 0.5),
            Ways = ["q8_0", "kivi4", "streamingllm+q8_0"],
            Budgets = [0.1],
            Prompts = 3,
            Length = 400,
            AnswerTokens = 6,
            Threads = 2,
        });
        Assert.Equal(["full", "q8_0", "kivi4", "streamingllm+q8_0"], advice.Points.OrderByDescending(point => point.Bytes).Select(point => point.Way));
        var at = advice.Points.ToDictionary(point => point.Way);
        Assert.Equal((1, 0), (at["full"].Bytes, at["full"].Kl));
        Assert.Equal(0.5625, at["q8_0"].Bytes, 0.01);
        Assert.InRange(at["streamingllm+q8_0"].Bytes, 0.08, 0.105);
        Assert.InRange(at["q8_0"].Kl, 1e-7, 0.1);
        Assert.True(at["kivi4"].Kl < at["streamingllm+q8_0"].Kl);
        Assert.Equal("--kv-type f16 --kv-policy kivi4", at["kivi4"].Options);
        Assert.StartsWith("--kv-type q8_0 --kv-policy streamingllm:0.1", at["streamingllm+q8_0"].Options, StringComparison.Ordinal);
        Assert.All(advice.Points, point => Assert.Equal(3, point.Cases));
        Assert.True(advice.Recommended!.KeepsFloor);
    }

    [Fact]
    public async Task WhatKeepsNothing_IsNoAdvice() => await Assert.ThrowsAsync<ArgumentException>(() =>
        KvAdvisor.RunAsync(new KvAdviceOptions { Model = RepositoryFile.Find("models", "kvasir-mini.gguf"), Floor = new QualityFloor(true, 0.9), Ways = ["fresh"] }));

    [Fact]
    public void ASample_IsReadLineByLine_AndWhatIsDamagedIsNamed()
    {
        var folder = Directory.CreateTempSubdirectory("kvasir-sample-");
        try
        {
            var text = Write("sample.txt", "one prompt\n\n another \n");
            Assert.Equal(["one prompt", "another"], SamplePrompt.Read(text).Select(prompt => prompt.Prompt));
            var json = Write("sample.jsonl", "{\"prompt\": \"a\", \"questions\": [\"b\", \"c\"]}\n{\"prompt\": \"d\"}\n");
            var read = SamplePrompt.Read(json);
            Assert.Equal([2, 0], read.Select(prompt => prompt.Questions.Count));
            Assert.Contains("line 2", Refusal("{\"prompt\": \"a\"}\n{\"prompt\": 7}\n"), StringComparison.Ordinal);
            Assert.Contains("line 1", Refusal("{\"prompt\": \"a\", \"questions\": [\"\"]}"), StringComparison.Ordinal);
            Assert.Contains("line 1", Refusal("[]"), StringComparison.Ordinal);
            Assert.Contains("no prompts", Refusal("\n"), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        string Refusal(string content) => Assert.Throws<InvalidDataException>(() => SamplePrompt.Read(Write("damaged.jsonl", content))).Message;

        string Write(string name, string content)
        {
            var path = Path.Combine(folder.FullName, name);
            File.WriteAllText(path, content);
            return path;
        }
    }
}
