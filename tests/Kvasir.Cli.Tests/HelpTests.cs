namespace Kvasir.Cli.Tests;

public sealed class HelpTests
{
    [Theory]
    [InlineData("")]
    [InlineData("run")]
    [InlineData("chat")]
    [InlineData("demo")]
    [InlineData("generate")]
    [InlineData("embed")]
    [InlineData("replay")]
    [InlineData("fuzz")]
    [InlineData("fuzz parsers")]
    [InlineData("doctor")]
    [InlineData("health")]
    [InlineData("pull")]
    [InlineData("list")]
    [InlineData("rm")]
    [InlineData("model")]
    [InlineData("model info")]
    [InlineData("model verify")]
    [InlineData("model convert")]
    [InlineData("model quantize")]
    [InlineData("model merge-lora")]
    [InlineData("cache")]
    [InlineData("cache ls")]
    [InlineData("cache stats")]
    [InlineData("cache pin")]
    [InlineData("cache unpin")]
    [InlineData("cache clear")]
    [InlineData("cache export")]
    [InlineData("cache import")]
    [InlineData("cache trust")]
    [InlineData("cache trust add")]
    [InlineData("cache trust list")]
    [InlineData("cache trust show")]
    [InlineData("bench")]
    [InlineData("bench speed")]
    [InlineData("bench peers")]
    [InlineData("bench fusion")]
    [InlineData("bench retention")]
    [InlineData("bench virtual")]
    [InlineData("bench rag")]
    [InlineData("bench scbench")]
    [InlineData("bench needle")]
    [InlineData("bench perplexity")]
    [InlineData("bench agents")]
    [InlineData("bench compression")]
    [InlineData("kv")]
    [InlineData("kv policies")]
    [InlineData("kv profile-heads")]
    [InlineData("kv profile-ranks")]
    [InlineData("kv advise")]
    [InlineData("bench tokenizer")]
    [InlineData("tokenize")]
    [InlineData("bench tiers")]
    [InlineData("bench tiers-faults")]
    [InlineData("cache lookup")]
    [InlineData("cache warm")]
    [InlineData("cache verify")]
    [InlineData("cache advise")]
    public async Task EveryCommand_DescribesItself_WithAnExampleOfItsOwn(string command)
    {
        var result = await Cli.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains("Description:", result.Output, StringComparison.Ordinal);
        Assert.Contains($"  kvasir {command}", result.Output[result.Output.IndexOf("Examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutArguments_TheHelpIsShown()
    {
        var result = await Cli.RunAsync([]);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains("demo", result.Output, StringComparison.Ordinal);
    }
}
