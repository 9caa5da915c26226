using Kvasir.Page.Tests.Browser;
using Kvasir.Page.Tests.Fakes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Kvasir.Page.Tests;

/// <summary>
/// The page in every state, both colour schemes, narrow and wide: nothing overlaps, nothing scrolls sideways, all text can be read.
/// With <c>KVASIR_SCREENSHOTS=FOLDER</c> pictures are written there; with <c>KVASIR_PAGE_URL=http://…</c> too they are taken from that
/// server (its model answers the questions), and the states that need a scripted server are left out.
/// </summary>
[Collection(BrowserFixture.SecondCollection)]
public sealed class LookTests(BrowserFixture browser)
{
    private static readonly string? Pictures = Environment.GetEnvironmentVariable("KVASIR_SCREENSHOTS") is { Length: > 0 } folder ? folder : null;
    private static readonly string? RealServer = Environment.GetEnvironmentVariable("KVASIR_PAGE_URL") is { Length: > 0 } url ? url : null;

    [BrowserTheory]
    [InlineData("wide-light", 1440, 900, ColorScheme.Light)]
    [InlineData("wide-dark", 1440, 900, ColorScheme.Dark)]
    [InlineData("narrow-light", 360, 720, ColorScheme.Light)]
    [InlineData("narrow-dark", 360, 720, ColorScheme.Dark)]
    [InlineData("middle-dark", 900, 600, ColorScheme.Dark)]
    public async Task ThePageCanBeReadInEveryState(string name, int width, int height, ColorScheme scheme)
    {
        await using var server = await FakeServer.StartAsync(DemoScript.Prepare);
        await using var session = await PageSession.OpenAsync(browser, RealServer ?? server.Url, new ViewportSize { Width = width, Height = height }, scheme, expectsFailures: true, ownTab: Pictures is not null);
        if (Pictures is not null && RealServer is null)
            await LiveForAMinuteAsync(session);
        await Expect(session.Connection).ToHaveTextAsync("connected");
        await LookAsync(session, $"{name}-empty");
        await ConverseAsync(session);
        await LookAsync(session, name);
        if (width < 1200)
        {
            await session.Button("Live").ClickAsync();
            await LookAsync(session, $"{name}-live");
            await session.Button("Chat").ClickAsync();
        }

        if (RealServer is not null)
            return;
        await ShowEveryOriginAsync(session, server);
        await LookAsync(session, $"{name}-origins");
        await GoWrongAsync(session, server);
        await LookAsync(session, $"{name}-trouble");
        await session.Button("Key").ClickAsync();
        await LookAsync(session, $"{name}-key");
        await session.Button("Cancel").And(session.Page.Locator("dialog button")).ClickAsync();
        server.Status = () => null;
        await session.AskForStatusAsync();
        await Expect(session.Connection).ToContainTextAsync("lost connection");
        if (width < 1200)
            await session.Button("Live").ClickAsync();
        await LookAsync(session, $"{name}-lost");
    }

    [BrowserFact]
    public async Task TheColoursCanBeChosen_AndTheChoiceIsKept()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server, scheme: ColorScheme.Dark);
        var dark = await BackgroundAsync(session);
        var button = session.Page.Locator("#theme");
        await button.ClickAsync();
        await Expect(button).ToHaveTextAsync("Colours: light");
        var light = await BackgroundAsync(session);
        Assert.NotEqual(dark, light);
        await session.Page.ReloadAsync();
        await Expect(button).ToHaveTextAsync("Colours: light");
        Assert.Equal(light, await BackgroundAsync(session));
        await button.ClickAsync();
        Assert.Equal(dark, await BackgroundAsync(session));
        await button.ClickAsync();
        await Expect(button).ToHaveTextAsync("Colours: auto");
    }

    [BrowserFact]
    public async Task LongWordsAndNames_FitANarrowWindow()
    {
        var word = new string('w', 300);
        await using var server = await FakeServer.StartAsync(server =>
        {
            server.Models = FakeStatus.Models((word, "ready"));
            server.Chat = async exchange =>
            {
                await exchange.ReasoningAsync(word);
                await exchange.TextAsync(word);
                await exchange.FinishAsync(FakeReports.Of((1_000_000, "shared", word), (1, "computed", word)));
            };
        });
        await using var session = await PageSession.OpenAsync(browser, server, PageSession.Narrow);
        await session.AskAsync(word);
        foreach (var summary in await session.Page.Locator(".turn summary").AllAsync())
            await summary.ClickAsync();
        Assert.Empty(await PageChecks.SidewaysAsync(session));
        Assert.Empty(await PageChecks.OverlapsAsync(session));
    }

    private static async Task ConverseAsync(PageSession session)
    {
        await session.Page.Locator("#settings summary").ClickAsync();
        await session.Page.GetByLabel("System prompt").FillAsync(DemoScript.System);
        await session.Page.GetByLabel("Most tokens").FillAsync("120");
        await PageChecks.AssertGoodAsync(session, "settings");
        await session.Page.Locator("#settings summary").ClickAsync();
        foreach (var question in DemoScript.Questions)
            await session.AskAsync(question);
        await session.Page.Locator("details.prompt summary").Last.ClickAsync();
        await session.Page.Locator("#transcript").EvaluateAsync("transcript => transcript.scrollTop = transcript.scrollHeight");
    }

    private static async Task ShowEveryOriginAsync(PageSession session, FakeServer server)
    {
        server.Chat = async exchange =>
        {
            await exchange.TextAsync("Every origin.");
            await exchange.FinishAsync(FakeReports.Of((99, "shared", "shared text "), (50, "loaded", "loaded text "), (30, "blended", "blended text "), (9, "other", "?"), (40, "computed", "new text")));
        };
        await session.AskAsync("Show every origin.");
        await session.Page.Locator("details.prompt summary").Last.ClickAsync();
        await session.Page.Locator("details.reasoning summary").First.ClickAsync();
        await session.Page.Locator("#transcript").EvaluateAsync("transcript => transcript.scrollTop = transcript.scrollHeight");
    }

    private static async Task GoWrongAsync(PageSession session, FakeServer server)
    {
        server.Chat = async exchange =>
        {
            await exchange.TextAsync("Half an ");
            await exchange.FailAsync("the engine ran out of blocks", "internal_error");
        };
        await session.SendAsync("Will this work?");
        await Expect(session.Trouble).ToBeVisibleAsync();
    }

    /// <summary>The page's clock runs a minute ahead, so that the line of tokens per second has a history.</summary>
    private static async Task LiveForAMinuteAsync(PageSession session)
    {
        await session.Page.Clock.InstallAsync();
        await session.Page.ReloadAsync();
        for (var second = 0; second < 60; second++)
        {
            await Expect(session.Page.Locator(".speed .hint").First).ToContainTextAsync($"in {(second < 59 ? $"{second + 1} s" : "1 min")}");
            await session.Page.Clock.RunForAsync(1000);
        }
    }

    private static Task<string> BackgroundAsync(PageSession session) =>
        session.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");

    private static async Task LookAsync(PageSession session, string name)
    {
        if (Pictures is not null)
        {
            Directory.CreateDirectory(Pictures);
            await session.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Pictures, $"{name}.png"), Animations = ScreenshotAnimations.Disabled });
        }

        await PageChecks.AssertGoodAsync(session, name);
    }
}
