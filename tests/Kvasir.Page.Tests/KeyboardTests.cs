using Kvasir.Page.Tests.Browser;
using Kvasir.Page.Tests.Fakes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Kvasir.Page.Tests;

[Collection(BrowserFixture.Collection)]
public sealed class KeyboardTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task AWholeConversation_NeedsNoMouse()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server);
        var keyboard = session.Page.Keyboard;
        await Expect(session.Connection).ToHaveTextAsync("connected");
        await Expect(session.Message).ToBeFocusedAsync();
        await keyboard.TypeAsync("line one");
        await keyboard.PressAsync("Shift+Enter");
        await keyboard.TypeAsync("line two");
        await keyboard.PressAsync("Enter");
        await Expect(session.Answers).ToHaveTextAsync("You said: line one line two");
        Assert.Equal("line one\nline two", (string?)server.Chats.Single()["messages"]![0]!["content"]);

        await session.Page.Locator("details.prompt summary").FocusAsync();
        await keyboard.PressAsync("Enter");
        await Expect(session.Page.Locator(".prompt-text")).ToBeVisibleAsync();
        await session.Button("Edit").FocusAsync();
        await keyboard.PressAsync("Enter");
        await Expect(session.Message).ToBeFocusedAsync();
        await keyboard.TypeAsync("!");
        await keyboard.PressAsync("Enter");
        await Expect(session.Answers).ToHaveTextAsync("You said: line one line two!");
    }

    [BrowserTheory]
    [InlineData(1440)]
    [InlineData(360)]
    public async Task Tab_ReachesEveryControl_InTheOrderOfThePage_WithAVisibleMark(int width)
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server, new ViewportSize { Width = width, Height = 900 });
        await session.AskAsync("hello");
        await session.Message.FillAsync("so that it can be sent");
        await session.Page.Locator("#settings summary").ClickAsync();
        await session.Page.Locator("details.prompt summary").ClickAsync();
        var expected = await session.Page.EvaluateAsync<int>("""
            () => {
                const all = [...document.querySelectorAll('a, button:not(:disabled), select, input, textarea, summary, [tabindex="0"]')].filter(one => one.checkVisibility());
                all.forEach((one, index) => one.dataset.order = index);
                document.activeElement.blur();
                getSelection().removeAllRanges();
                return all.length;
            }
            """);
        await session.Page.Keyboard.PressAsync("ArrowLeft");
        await session.Page.Locator(".skip").FocusAsync();
        for (var index = 0; index < expected; index++)
        {
            var focused = await session.Page.EvaluateAsync<string>("""
                () => {
                    const { order } = document.activeElement.dataset;
                    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
                    return `${order} ${outlineStyle === 'solid' && parseFloat(outlineWidth) >= 2 ? 'marked' : `not marked: ${document.activeElement.outerHTML.slice(0, 80)}`}`;
                }
                """);
            Assert.Equal($"{index} marked", focused);
            await session.Page.Keyboard.PressAsync("Tab");
        }
    }

    [BrowserFact]
    public async Task TheSkipLink_LeadsToTheBox_AndThePageHasItsLandmarks()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.Page.GetByText("Skip to the message box").FocusAsync();
        await session.Page.Keyboard.PressAsync("Enter");
        await Expect(session.Message).ToBeFocusedAsync();
        foreach (var role in new[] { AriaRole.Banner, AriaRole.Main, AriaRole.Complementary, AriaRole.Log, AriaRole.Status })
            await Expect(session.Page.GetByRole(role)).ToHaveCountAsync(1);
        await Expect(session.Page.GetByRole(AriaRole.Log)).ToHaveAttributeAsync("aria-live", "polite");
        var nameless = await session.Page.EvaluateAsync<string[]>("""
            [...document.querySelectorAll('button, input, select, textarea')]
                .filter(one => !(one.textContent.trim() !== '' && one.tagName === 'BUTTON') && !one.labels?.length && !one.ariaLabel).map(one => one.outerHTML)
            """);
        Assert.Empty(nameless);
    }

    [BrowserFact]
    public async Task InANarrowWindow_OneOfTheTwoViewsIsShown()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server, PageSession.Narrow);
        await Expect(session.Message).ToBeVisibleAsync();
        await Expect(session.Page.Locator("#live")).ToBeHiddenAsync();
        await session.Button("Live").FocusAsync();
        await session.Page.Keyboard.PressAsync("Enter");
        await Expect(session.Message).ToBeHiddenAsync();
        await Expect(session.Page.Locator("#live")).ToBeVisibleAsync();
        await Expect(session.Button("Live")).ToHaveAttributeAsync("aria-pressed", "true");
        await session.Page.SetViewportSizeAsync(1440, 900);
        await Expect(session.Message).ToBeVisibleAsync();
        await Expect(session.Page.Locator("#live")).ToBeVisibleAsync();
    }
}
