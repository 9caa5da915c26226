using Kvasir.Page.Tests.Browser;
using Kvasir.Page.Tests.Fakes;
using static Microsoft.Playwright.Assertions;

namespace Kvasir.Page.Tests;

/// <summary>Reuse behind other text: what is shown of it, and how documents are marked.</summary>
[Collection(BrowserFixture.Collection)]
public sealed class BlendTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task RepairedTokens_StandInTheBlendedSpan_AndTheNoteSaysWhatThatMeans()
    {
        var report = FakeReports.Of((100, "shared", "a"), (200, "blended", "b"), (20, "computed", "c"));
        report["spans"]![1]!["repaired"] = 50;
        report["estimated_deviation"] = 0.0312;
        await using var server = await FakeServer.StartAsync(server => server.Chat = async exchange =>
        {
            await exchange.TextAsync("Yes.");
            await exchange.FinishAsync(report);
        });
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.AskAsync("?");
        await Expect(session.Reuse.Locator(".legend li")).ToHaveTextAsync(["shared 100", "computed 20", "blended 200", "repaired 50"]);
        await Expect(session.Reuse.Locator(".approximate")).ToContainTextAsync("50 of its 200 tokens were computed again");
        await Expect(session.Reuse.Locator(".approximate")).ToContainTextAsync("approximate: the other rows deviate by about 3 %");
        var widths = await session.Reuse.Locator(".bar-of-spans .blended").EvaluateAsync<double[]>(
            "span => [span.firstElementChild.getBoundingClientRect().width, span.clientWidth]");
        Assert.Equal(0.25, widths[0] / widths[1], 0.05);
        await session.Page.Locator("details.prompt summary").ClickAsync();
        await Expect(session.Page.Locator(".span.blended .tag")).ToHaveTextAsync("blended 200, repaired 50");
    }

    [BrowserFact]
    public async Task WithoutBlendedText_NothingIsSaidOfIt()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.AskAsync("?");
        await Expect(session.Reuse.Locator(".approximate")).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task Documents_AreMarkedParts_AndTheChosenPolicyIsSent()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.Page.Locator("#settings summary").ClickAsync();
        await session.Page.GetByLabel("System prompt").FillAsync("Be brief.");
        await session.Page.GetByLabel("Documents", new() { Exact = true }).FillAsync("One.\nTwo.\n---\n\n---\nThree -- four.\n");
        await session.Page.GetByLabel("Reuse of documents").SelectOptionAsync("cacheblend:0.15");
        await Expect(session.Page.Locator("#settings-summary")).ToContainTextAsync("2 documents · reuse cacheblend:0.15");
        await session.AskAsync("?");
        Assert.True(server.Chats.TryDequeue(out var body));
        Assert.Equal("cacheblend:0.15", (string?)body["kvasir"]!["reuse"]);
        var parts = body["messages"]![0]!["content"]!.AsArray();
        Assert.Equal("system", (string?)body["messages"]![0]!["role"]);
        Assert.Equal(["Be brief.\n\n", "One.\nTwo.", "\n\n", "Three -- four."], parts.Select(part => (string?)part!["text"]));
        Assert.Equal([false, true, false, true], parts.Select(part => part!["kvasir"] is { } mark && (bool)mark["cache"]!));
    }
}
