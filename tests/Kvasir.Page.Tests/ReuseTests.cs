using Kvasir.Page.Tests.Browser;
using Kvasir.Page.Tests.Fakes;
using static Microsoft.Playwright.Assertions;

namespace Kvasir.Page.Tests;

[Collection(BrowserFixture.Collection)]
public sealed class ReuseTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task ANoteBesideTheAnswer_TellsWhatWasReused()
    {
        await using var server = await ServerOf(FakeReports.Of(481.5, (480, "shared", "<|system|>\nBe kind.\n"), (32, "computed", "  Who  is there?\n")));
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.AskAsync("?");

        await Expect(session.Reuse).ToContainTextAsync("94 % of 512 tokens");
        await Expect(session.Reuse.Locator(".legend li")).ToHaveTextAsync(["shared 480", "computed 32"]);
        await Expect(session.Reuse.Locator(".time")).ToHaveTextAsync(["this answer12.3 ms", "without reuse, about482 ms"]);
        await Expect(session.Reuse.Locator(".sooner")).ToHaveTextAsync("39× sooner");
        await Expect(session.Reuse.Locator(".numbers dd")).ToHaveTextAsync(["87.4", "0.13 ms", "1.23 s", "this tenant"]);

        await session.Page.Locator("details.prompt summary").ClickAsync();
        Assert.Equal(["<|system|>\nBe kind.\n", "  Who  is there?\n"], await session.Page.Locator(".span .text").AllTextContentsAsync());
        await Expect(session.Page.Locator(".span .tag")).ToHaveTextAsync(["shared 480", "computed 32"]);
        Assert.Equal(["span shared", "span computed"], await ClassesAsync(session, ".span"));
    }

    [BrowserFact]
    public async Task TheBarIsInTheOrderAndProportionOfTheSpans()
    {
        await using var server = await ServerOf(FakeReports.Of((100, "shared", "a"), (200, "computed", "b"), (100, "shared", "c")));
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.AskAsync("?");
        var bar = session.Reuse.Locator(".bar-of-spans");
        await Expect(bar).ToHaveAttributeAsync("aria-label", "The prompt from its start: 100 shared, 200 computed, 100 shared");
        var widths = await bar.EvaluateAsync<double[]>("bar => [...bar.children].map(child => child.getBoundingClientRect().width)");
        Assert.Equal(2, widths[1] / widths[0], 0.1);
        Assert.Equal(1, widths[2] / widths[0], 0.01);
    }

    [BrowserFact]
    public async Task WithoutAnEstimate_ItSaysSo()
    {
        await using var server = await ServerOf(FakeReports.Of(null, (64, "computed", "?")));
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.AskAsync("?");
        await Expect(session.Reuse.Locator(".time").Nth(1)).ToHaveTextAsync("without reuse, aboutnot known yet");
        await Expect(session.Reuse.Locator(".sooner")).ToHaveCountAsync(0);
        await Expect(session.Reuse).ToContainTextAsync("0 % of 64 tokens");
    }

    [BrowserFact]
    public async Task EveryOrigin_DiffersInNameAndPattern_NotOnlyInColour()
    {
        await using var server = await ServerOf(FakeReports.Of(
            (9, "shared", "a"), (9, "computed", "b"), (9, "loaded", "c"), (9, "blended", "d"), (9, "conjured", "e")));
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.AskAsync("?");
        await Expect(session.Reuse.Locator(".legend .name")).ToHaveTextAsync(["shared", "computed", "loaded", "blended", "conjured"]);
        var patterns = await session.Reuse.Locator(".legend .swatch").EvaluateAllAsync<string[]>(
            "swatches => swatches.map(swatch => getComputedStyle(swatch).backgroundImage.replace(/rgba?\\([^)]*\\)/g, 'colour'))");
        Assert.Equal(patterns.Length, patterns.Distinct().Count());
        await session.Page.Locator("details.prompt summary").ClickAsync();
        await Expect(session.Page.Locator(".span .tag")).ToHaveTextAsync(["shared 9", "computed 9", "loaded 9", "blended 9", "conjured 9"]);
        Assert.Equal(["span shared", "span computed", "span loaded", "span blended", "span other"], await ClassesAsync(session, ".span"));
    }

    [BrowserFact]
    public async Task ALongSpan_IsShownByItsEnds_UntilItIsOpened()
    {
        var text = string.Concat(Enumerable.Range(0, 900).Select(number => $"line {number}\n"));
        await using var server = await ServerOf(FakeReports.Of((4_000, "shared", text), (32, "computed", "short")));
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.AskAsync("?");
        await session.Page.Locator("details.prompt summary").ClickAsync();
        var shown = session.Page.Locator(".span.shared .text");
        Assert.StartsWith("line 0\n", await shown.TextContentAsync(), StringComparison.Ordinal);
        Assert.EndsWith("line 899\n", await shown.TextContentAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("line 450\n", await shown.TextContentAsync(), StringComparison.Ordinal);
        await session.Page.Locator(".more").ClickAsync();
        Assert.Equal(text, await shown.TextContentAsync());
    }

    [BrowserFact]
    public async Task AnAnswerWithoutReport_SaysSo()
    {
        await using var server = await ServerOf(null);
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.AskAsync("?");
        await Expect(session.Reuse).ToContainTextAsync("The server sent no report");
        await Expect(session.Page.Locator("details.prompt")).ToHaveCountAsync(0);
    }

    private static Task<FakeServer> ServerOf(System.Text.Json.Nodes.JsonObject? report) => FakeServer.StartAsync(server => server.Chat = async exchange =>
    {
        await exchange.TextAsync("Yes.");
        await exchange.FinishAsync(report);
    });

    private static Task<string[]> ClassesAsync(PageSession session, string selector) =>
        session.Page.Locator(selector).EvaluateAllAsync<string[]>("all => all.map(one => one.className)");
}
