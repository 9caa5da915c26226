namespace Kvasir.Cli.Tests;

public sealed class CommandTests(TestModel model) : IClassFixture<TestModel>
{
    [Fact]
    public async Task Generate_PrintsThePromisedObject()
    {
        var prompt = model.Write("prompt.txt", "the river");
        var result = await Cli.RunAsync(["generate", "--model", model.Path, "--prompt-file", prompt, "--max-tokens", "5", "--json"]);
        Assert.Equal("", result.Error);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Equal(["promptTokens", "tokens", "text", "ttftMs", "reusedTokens"], result.Fields);
        Assert.InRange(result.Json.GetProperty("tokens").GetArrayLength(), 1, 5);
        Assert.Equal(0, result.Json.GetProperty("reusedTokens").GetInt32());
    }

    [Fact]
    public async Task Raw_LeavesOutTheChatFormat()
    {
        string[] common = ["generate", "--model", model.Path, "--prompt", "the river", "--max-tokens", "2", "--json"];
        var chat = await Cli.RunAsync(common);
        var raw = await Cli.RunAsync([.. common, "--raw"]);
        Assert.True(raw.Json.GetProperty("promptTokens").GetInt32() < chat.Json.GetProperty("promptTokens").GetInt32());
    }

    [Fact]
    public async Task Run_StreamsTheAnswerThatGenerateGives_AndSummarisesOnStandardError()
    {
        var streamed = await Cli.RunAsync(["run", "--model", model.Path, "--max-tokens", "8"], input: "a stone");
        var whole = await Cli.RunAsync(["generate", "--model", model.Path, "--prompt", "a stone", "--max-tokens", "8", "--json"]);
        Assert.Equal(whole.Json.GetProperty("text").GetString(), streamed.Output[..^Environment.NewLine.Length]);
        Assert.Contains("first token after", streamed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_OfAnUntouchedReceiptFindsTheSameBits_OfATamperedOneItDoesNot()
    {
        var receipt = Path.Combine(model.Folder, "receipt.json");
        await Cli.RunAsync(["run", "--model", model.Path, "a stone", "--max-tokens", "6", "--temperature", "0.9", "--seed", "4", "--receipt", receipt]);
        var same = await Cli.RunAsync(["replay", receipt, "--model", model.Path, "--threads", "1", "--json"]);
        Assert.Equal(["tokensCompared", "firstDifference", "bitsEqual"], same.Fields);
        Assert.True(same.Json.GetProperty("bitsEqual").GetBoolean());
        Assert.Equal(ExitCode.Success, same.Code);

        var json = System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(receipt))!;
        json["logitDigests"]![2] = "0123456789abcdef";
        var other = await Cli.RunAsync(["replay", model.Write("tampered.json", json.ToJsonString()), "--model", model.Path, "--json"]);
        Assert.Equal(2, other.Json.GetProperty("firstDifference").GetInt32());
        Assert.Equal(ExitCode.Failure, other.Code);
    }

    [Fact]
    public async Task Demo_OverOnesOwnFile_ReusesTheDocumentWithEqualBits()
    {
        var file = model.Write("document.txt", string.Join(' ', Enumerable.Range(0, 18).Select(i => $"{i} is a number.")));
        string[] arguments = ["demo", "--model", model.Path, "--file", file, "--question", "What is 3?", "--question", "What is 4?", "--max-tokens", "4"];
        var result = await Cli.RunAsync([.. arguments, "--json"]);
        Assert.Equal("", result.Error);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Equal(["questions"], result.Fields);
        var questions = result.Json.GetProperty("questions").EnumerateArray().ToArray();
        Assert.Equal(2, questions.Length);
        foreach (var question in questions)
        {
            Assert.Equal(
                ["question", "answer", "coldTtftMs", "reusedTtftMs", "reusedTokens", "bitsEqual"],
                question.EnumerateObject().Select(field => field.Name));
            Assert.True(question.GetProperty("bitsEqual").GetBoolean());
            Assert.True(question.GetProperty("reusedTokens").GetInt32() > 80);
        }

        var shown = await Cli.RunAsync(arguments);
        Assert.Contains("same bits as cold", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BenchSpeed_PrintsThePromisedObject()
    {
        var result = await Cli.RunAsync(
            ["bench", "speed", "--model", model.Path, "--prompt-tokens", "20", "--decode-tokens", "4", "--runs", "2", "--threads", "1", "--json"]);
        Assert.Equal(["prefillTps", "decodeTps", "runs"], result.Fields);
        Assert.Equal(2, result.Json.GetProperty("runs").GetArrayLength());
        Assert.True(result.Json.GetProperty("prefillTps").GetDouble() > 0);
    }

    [Fact]
    public async Task BenchRetention_PrintsThePromisedObject_AndATableATrace()
    {
        string[] arguments = ["bench", "retention", "--quick", "--trace", "conversation"];
        var result = await Cli.RunAsync([.. arguments, "--json"]);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Equal(["traces", "ghost"], result.Fields);
        var row = result.Json.GetProperty("traces")[0];
        Assert.Equal(["trace", "policy", "memoryFraction", "bytes", "hitRate"], row.EnumerateObject().Select(field => field.Name));
        Assert.InRange(row.GetProperty("hitRate").GetDouble(), 0.01, 0.99);
        Assert.Equal(
            ["trace", "memoryFraction", "bytes", "predicted", "simulated", "samplingRate"],
            result.Json.GetProperty("ghost")[0].EnumerateObject().Select(field => field.Name));

        var shown = await Cli.RunAsync([.. arguments, "--seed", "3"]);
        Assert.All(["conversation", "lru", "s3-fifo", "belady", "ghost index"], text => Assert.Contains(text, shown.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task BenchPeers_PrintsThePromisedObject_AndSaysWhichPeerIsMissing()
    {
        var peers = Directory.CreateDirectory(Path.Combine(model.Folder, "peers")).FullName;
        Directory.CreateDirectory(Path.Combine(peers, "absent"));
        model.Write(Path.Combine("peers", "absent", "peer.json"), """{"name":"absent","command":["sh","peer.sh"],"needs":"node_modules","install":"make it"}""");
        string[] arguments = ["bench", "peers", "--model", model.Path, "--peers", peers, "--no-limits", "--quick", "--check", "decode0", "--check", "prefill512"];
        var result = await Cli.RunAsync([.. arguments, "--json"]);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Equal(["machine", "valid", "interrupted", "pressure", "limits", "peers", "leftOut", "checks"], result.Fields);
        var check = Assert.Single(result.Json.GetProperty("checks").EnumerateArray().ToArray());
        Assert.Equal(["name", "kvasir", "peer", "ratio", "limitFraction", "unit"], check.EnumerateObject().Select(field => field.Name).Take(6));
        Assert.Equal("decode0", check.GetProperty("name").GetString());
        Assert.True(check.GetProperty("kvasir").GetDouble() > 0);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, check.GetProperty("ratio").ValueKind);
        Assert.Contains("make it", result.Error, StringComparison.Ordinal);
        Assert.Contains("prefill512 is left out: the model's context is 256 tokens", result.Error, StringComparison.Ordinal);

        var shown = await Cli.RunAsync(arguments);
        Assert.Contains("decode0", shown.Output, StringComparison.Ordinal);
        Assert.Contains("make it", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fuzz_PrintsThePromisedFieldsFirst()
    {
        var result = await Cli.RunAsync(["fuzz", "--schedules", "1", "--seed", "3", "--json"]);
        Assert.Equal("", result.Error);
        string[] promised = ["schedules", "steps", "rowsCompared", "mismatches", "leakedBlocks"];
        Assert.All(promised, field => Assert.Contains(field, result.Fields));
        Assert.Equal(0, result.Json.GetProperty("mismatches").GetInt64());
        Assert.Equal(ExitCode.Success, result.Code);
    }

    [Fact]
    public async Task Chat_KeepsTheConversation_UntilItIsReset()
    {
        var result = await Cli.RunAsync(
            ["chat", "--model", model.Path, "--max-tokens", "3"], input: "a stone\nand then\n/reset\n/system Be brief.\n/system\n/nonsense\n/quit\n");
        Assert.Equal(ExitCode.Success, result.Code);
        var summaries = result.Output.Split('\n').Where(line => line.Contains("reused)", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, summaries.Length);
        Assert.Contains("(0 reused)", summaries[0], StringComparison.Ordinal);
        Assert.DoesNotContain("(0 reused)", summaries[1], StringComparison.Ordinal);
        Assert.Contains("forgotten", result.Output, StringComparison.Ordinal);
        Assert.Contains("System message: Be brief.", result.Output, StringComparison.Ordinal);
        Assert.Contains("no command /nonsense", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokenize_PrintsTheTokensOfAFile_AndTheirText()
    {
        var file = model.Write("text.txt", "a stone\n<|end|> river");
        var result = await Cli.RunAsync(["tokenize", "--model", model.Path, "--file", file, "--json"]);
        Assert.Equal("", result.Error);
        Assert.Equal(["tokens", "count", "bytes"], result.Fields);
        var tokens = result.Json.GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32()).ToArray();
        Assert.Equal(tokens.Length, result.Json.GetProperty("count").GetInt32());
        Assert.Equal(21, result.Json.GetProperty("bytes").GetInt32());
        var back = await Cli.RunAsync(["tokenize", "--model", model.Path, "--decode", string.Join(' ', tokens), "--json"]);
        Assert.Equal("a stone\n<|end|> river", back.Json.GetProperty("text").GetString());
        var lines = await Cli.RunAsync(["tokenize", "--model", model.Path, "a stone"]);
        Assert.Contains("tokens", lines.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokenize_TakesOneTextOnly()
    {
        var result = await Cli.RunAsync(["tokenize", "--model", model.Path, "a", "--text", "b"]);
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.Contains("more than once", result.Error, StringComparison.Ordinal);
    }
}
