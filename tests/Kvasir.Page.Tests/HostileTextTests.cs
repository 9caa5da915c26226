using Kvasir.Page.Tests.Browser;
using Kvasir.Page.Tests.Fakes;
using static Microsoft.Playwright.Assertions;

namespace Kvasir.Page.Tests;

[Collection(BrowserFixture.Collection)]
public sealed class HostileTextTests(BrowserFixture browser)
{
    private const string Markup = "</div><img src=x onerror=\"window.hit=1\"><script>window.hit=1</script><a href=\"javascript:window.hit=1\">&amp;</a>";

    [BrowserFact]
    public async Task MarkupInQuestionAnswerReasoningAndPrompt_IsText()
    {
        await using var server = await FakeServer.StartAsync(server => server.Chat = async exchange =>
        {
            await exchange.ReasoningAsync(Markup);
            await exchange.TextAsync(Markup[..9], Markup[9..]);
            await exchange.FinishAsync(FakeReports.Of((9, "shared", Markup), (9, Markup, "x")));
        });
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.AskAsync(Markup);
        await session.Page.Locator("details.prompt summary").ClickAsync();
        foreach (var place in new[] { ".question .text", ".answer .text", ".thoughts", ".span.shared .text" })
            Assert.Equal(Markup, await session.Page.Locator(place).TextContentAsync());
        await AssertNothingRanAsync(session);
    }

    [BrowserFact]
    public async Task MarkupInModelNamesAndErrors_IsText()
    {
        await using var server = await FakeServer.StartAsync(server =>
        {
            server.Models = FakeStatus.Models((Markup, "ready"));
            server.Status = () =>
            {
                var status = FakeStatus.Of();
                status["models"]![0]!["name"] = Markup;
                return status;
            };
            server.Chat = exchange => exchange.RefuseAsync(400, Markup, "invalid_value");
        });
        await using var session = await PageSession.OpenAsync(browser, server, expectsFailures: true);
        await session.SendAsync("?");
        await Expect(session.Trouble).ToContainTextAsync(Markup);
        await Expect(session.Page.Locator(".card h3").First).ToHaveTextAsync(Markup);
        await Expect(session.Page.GetByLabel("Model", new() { Exact = true }).Locator("option")).ToHaveTextAsync(Markup);
        await AssertNothingRanAsync(session);
    }

    private static async Task AssertNothingRanAsync(PageSession session)
    {
        Assert.False(await session.Page.EvaluateAsync<bool>("'hit' in window"));
        await Expect(session.Page.Locator("body img:not(.brand img), body script, body a:not(.skip)")).ToHaveCountAsync(0);
    }
}
