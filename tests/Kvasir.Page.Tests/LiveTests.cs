using System.Text.RegularExpressions;
using Kvasir.Page.Tests.Browser;
using Kvasir.Page.Tests.Fakes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Kvasir.Page.Tests;

[Collection(BrowserFixture.SecondCollection)]
public sealed class LiveTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task TheLiveView_ShowsWhatTheServerSays()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server);
        var card = Card(session);
        await Expect(card.Locator(".figures dd")).ToHaveTextAsync(["82 %", "2", "1", "0"]);
        await Expect(card.Locator(".pool-legend li")).ToHaveTextAsync(["active 58", "cached 234", "reserved 6", "quarantined 2", "free 212"]);
        await Expect(card.Locator(".pool")).ToHaveAttributeAsync("aria-label", "Blocks: 58 active, 234 cached, 6 reserved, 2 quarantined, 212 free");
        await Expect(card).ToContainTextAsync("512 blocks of 32 tokens, 96 MiB");
        await Expect(card.Locator("td")).ToHaveTextAsync(["18.3 ms", "96.2 ms", "8.1 ms", "11.7 ms", "0.08 ms", "3.4 ms"]);
        await Expect(card).ToContainTextAsync("reused 412,282");
        await Expect(card).ToContainTextAsync("computed 90,118");
        await Expect(card.Locator(".speed strong")).ToHaveTextAsync("123");
        await Expect(session.Page.Locator(".requests")).ToHaveTextAsync("active3finished1,204failed0cancelled7refused3up for2 h 3 minversion0.1.0");
        await Expect(session.Page.Locator(".card", new() { HasText = "granite-4-micro" })).ToHaveTextAsync(new Regex("^granite-4-micro\\s+not loaded$"), new() { UseInnerText = true });
    }

    [BrowserFact]
    public async Task BeforeTheFirstRequest_NothingIsMadeUp()
    {
        await using var server = await FakeServer.StartAsync(server => server.Status = () =>
        {
            var status = FakeStatus.Of(0, 0, 0);
            status["models"]![0]!["hit_rate"] = null;
            status["models"]![0]!["latency_ms"] = null;
            return status;
        });
        await using var session = await PageSession.OpenAsync(browser, server);
        await Expect(Card(session).Locator(".figures dd")).ToHaveTextAsync(["–", "0", "0", "0"]);
        await Expect(Card(session).Locator("td")).ToHaveTextAsync(["–", "–", "–", "–", "–", "–"]);
    }

    [BrowserFact]
    public async Task NumbersFollow_AndTheSpeedHasAHistory()
    {
        var speed = 100;
        await using var server = await FakeServer.StartAsync(server => server.Status = () => FakeStatus.Of(speed: speed += 100));
        await using var session = await PageSession.OpenAsync(browser, server);
        await Expect(Card(session).Locator(".speed strong")).ToHaveTextAsync("200");
        await Expect(Card(session).Locator(".speed strong")).ToHaveTextAsync("400");
        await Expect(Card(session).Locator(".speed .hint")).ToHaveTextAsync("most 400 in 3 s");
        Assert.Equal(2, (await Card(session).Locator(".sparkline .line").GetAttributeAsync("d"))!.Count(command => command == 'L'));
    }

    [BrowserFact]
    public async Task ALostConnection_IsShown_AndComesBack()
    {
        var isUp = true;
        await using var server = await FakeServer.StartAsync(server => server.Status = () => isUp ? FakeStatus.Of() : null);
        await using var session = await PageSession.OpenAsync(browser, server, expectsFailures: true);
        await Expect(session.Connection).ToHaveTextAsync("connected");
        isUp = false;
        await session.AskForStatusAsync();
        await Expect(session.Connection).ToContainTextAsync("lost connection, trying again; the numbers are");
        await Expect(session.Page.Locator("#live")).ToHaveClassAsync("live stale");
        await Expect(session.Page.Locator(".figures dd").First).ToHaveTextAsync("82 %");
        isUp = true;
        await Expect(session.Connection).ToHaveTextAsync("connected");
        await Expect(session.Page.Locator("#live")).ToHaveClassAsync("live");
    }

    [BrowserFact]
    public async Task ADrainingServer_IsSaidToBe()
    {
        await using var server = await FakeServer.StartAsync(server => server.Status = () => FakeStatus.Of(draining: true));
        await using var session = await PageSession.OpenAsync(browser, server);
        await Expect(session.Connection).ToHaveTextAsync("the server is stopping");
    }

    [BrowserFact]
    public async Task AHiddenPage_AsksForNothing()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server, ownTab: true);
        await session.Page.Clock.InstallAsync();
        await session.Page.ReloadAsync();
        await Expect(session.Connection).ToHaveTextAsync("connected");
        await HideAsync(session, true);
        var before = server.StatusCalls;
        await session.Page.Clock.FastForwardAsync(60_000);
        await session.Page.EvaluateAsync("() => fetch('v1/models')");
        Assert.Equal(before, server.StatusCalls);
        await session.Page.RunAndWaitForResponseAsync(() => HideAsync(session, false), "**/kvasir/status");
        Assert.True(server.StatusCalls > before);
    }

    [BrowserFact]
    public async Task TheFieldOfThePool_IsInProportion_AndHidesNoState()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server);
        var problems = await session.Page.EvaluateAsync<string[]>("""
            async () => {
                const { share } = await import('./page/pool.js');
                const problems = [];
                let seed = 12345;
                const next = limit => (seed = seed * 1103515245 + 12345 & 0x7fffffff) % limit;
                for (let round = 0; round < 2000; round++) {
                    const blocks = Array.from({ length: 5 }, () => next(3) === 0 ? 0 : next(10 ** (1 + next(6))));
                    const total = blocks.reduce((sum, value) => sum + value, 0);
                    const given = share(blocks, 144);
                    const sum = given.reduce((sum, value) => sum + value, 0);
                    const fair = given.every((value, index) => (value === 0) === (blocks[index] === 0)
                        && (total <= 144 ? value === blocks[index] : Math.abs(value - blocks[index] * 144 / total) < 5));
                    if (sum !== Math.min(total, 144) || !fair)
                        problems.push(`${blocks} gave ${given}`);
                }
                return problems;
            }
            """);
        Assert.Empty(problems);
    }

    private static ILocator Card(PageSession session) => session.Page.GetByRole(AriaRole.Region, new() { Name = "Model kvasir-tiny" });

    private static Task HideAsync(PageSession session, bool hidden) => session.Page.EvaluateAsync(
        "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }", hidden);
}
