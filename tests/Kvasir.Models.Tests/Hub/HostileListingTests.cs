using System.Text.Json.Nodes;
using Kvasir.Models.Hub;
using Kvasir.Tests.Shared.Hub;

namespace Kvasir.Models.Tests.Hub;

/// <summary>Listings with names, sizes and commits that must not be believed.</summary>
public sealed class HostileListingTests : IDisposable
{
    private readonly HubFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("../../x")]
    [InlineData("../../x.gguf")]
    [InlineData("/etc/x.gguf")]
    [InlineData("a/../../x.gguf")]
    [InlineData("a//x.gguf")]
    [InlineData("./x.gguf")]
    [InlineData("..\\x.gguf")]
    [InlineData("x\0.gguf")]
    [InlineData("")]
    public async Task NamesThatLeadOutOfTheFolder_AreRefused_WhateverElseIsThere(string name)
    {
        _folder.Hub.Add(HubFolder.Id).Add("tiny-Q8_0.gguf", HubFolder.Bytes(10)).Add(name, HubFolder.Bytes(10, 2));
        var refused = await _folder.RefusedAsync();
        Assert.Equal(HubProblem.WrongAnswer, refused.Problem);
        Assert.Contains("lead out of the models folder", refused.Message, StringComparison.Ordinal);
        Assert.Single(_folder.Hub.Requests);
        Assert.Empty(_folder.Visible());
    }

    [Theory]
    [InlineData("C:x.gguf")]
    [InlineData("nul.gguf")]
    [InlineData("a./x.gguf")]
    [InlineData("COM1/x.gguf")]
    public async Task NamesThatMeanSomethingElseElsewhere_AreRefusedWhenTheyAreChosen(string name)
    {
        _folder.Hub.Add(HubFolder.Id).Add(name, HubFolder.Bytes(10)).Add("tiny-Q8_0.gguf", HubFolder.Bytes(10, 2));
        Assert.Contains("not every system", (await _folder.RefusedAsync("acme/tiny:*.gguf")).Message, StringComparison.Ordinal);
        await _folder.PullAsync("acme/tiny:Q8_0");
    }

    [Theory]
    [InlineData("sha", "\"../../../../etc\"")]
    [InlineData("sha", "7")]
    [InlineData("siblings", "{}")]
    [InlineData("siblings", "[{\"rfilename\":7}]")]
    [InlineData("siblings", "[{\"rfilename\":\"x.gguf\",\"size\":-1}]")]
    [InlineData("siblings", "[{\"rfilename\":\"x.gguf\",\"size\":4611686018427387904}]")]
    [InlineData("siblings", "[{\"rfilename\":\"x.gguf\",\"size\":10,\"lfs\":{\"sha256\":\"abc\",\"size\":10}}]")]
    [InlineData("siblings", "[{\"rfilename\":\"x.gguf\",\"size\":10}]")]
    [InlineData("siblings", "[{\"rfilename\":\"x.gguf\",\"lfs\":{\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\"}}]")]
    public async Task ListingsThatMakeNoSense_AreRefused(string field, string json)
    {
        _folder.Hub.Add(HubFolder.Id).Add("tiny-Q8_0.gguf", HubFolder.Bytes(10)).Listing = listing => listing[field] = JsonNode.Parse(json);
        Assert.Equal(HubProblem.WrongAnswer, (await _folder.RefusedAsync()).Problem);
        Assert.Empty(_folder.Visible());
    }

    [Fact]
    public async Task APageInsteadOfAListing_IsRefused()
    {
        _folder.Hub.Fault = (_, _) => HubReply.Text(200, "<html>sign in</html>");
        var refused = await _folder.RefusedAsync();
        Assert.Contains("check HF_ENDPOINT", refused.Message, StringComparison.Ordinal);
    }
}
