using System.Collections.Concurrent;
using Kvasir.Page.Tests.Fakes;
using Microsoft.Playwright;

namespace Kvasir.Page.Tests.Browser;

/// <summary>One visit to the page, and what every visit must keep: no request to another host, nothing that the policy blocks, no error in the console.</summary>
internal sealed class PageSession : IAsyncDisposable
{
    /// <summary>The size of a large window, in which chat and live view stand side by side.</summary>
    public static readonly ViewportSize Wide = new() { Width = 1440, Height = 900 };

    /// <summary>The size of a small telephone.</summary>
    public static readonly ViewportSize Narrow = new() { Width = 360, Height = 720 };

    private readonly ConcurrentQueue<string> _troubles = new();
    private readonly string _origin;
    private readonly bool _ownTab;

    private PageSession(IPage page, string origin, bool ownTab, bool expectsFailures)
    {
        (Page, _origin, _ownTab, ExpectsFailures) = (page, origin, ownTab, expectsFailures);
        page.Request += OnRequest;
        page.PageError += OnPageError;
        page.Console += OnConsole;
    }

    public IPage Page { get; }

    /// <summary>Whether the test lets requests fail on purpose.</summary>
    public bool ExpectsFailures { get; }

    /// <summary>Opens the page of a server; <paramref name="ownTab"/> is for tests that leave traces in a tab, such as another clock.</summary>
    public static async Task<PageSession> OpenAsync(
        BrowserFixture browser, string url, ViewportSize? size = null, ColorScheme scheme = ColorScheme.Light, bool expectsFailures = false, bool ownTab = false)
    {
        var page = ownTab ? await browser.NewTabAsync() : await browser.SharedTabAsync();
        var session = new PageSession(page, new Uri(url).GetLeftPart(UriPartial.Authority), ownTab, expectsFailures);
        size ??= Wide;
        await page.SetViewportSizeAsync(size.Width, size.Height);
        await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
        await page.Mouse.MoveAsync(0, 0);
        await page.GotoAsync(url);
        return session;
    }

    public static Task<PageSession> OpenAsync(
        BrowserFixture browser, FakeServer server, ViewportSize? size = null, ColorScheme scheme = ColorScheme.Light, bool expectsFailures = false, bool ownTab = false) =>
        OpenAsync(browser, server.Url, size, scheme, expectsFailures, ownTab);

    public ILocator Message => Page.GetByLabel("Message", new() { Exact = true }).And(Page.Locator("textarea"));

    public ILocator Answers => Page.Locator(".answer .text");

    public ILocator Trouble => Page.GetByRole(AriaRole.Alert);

    public ILocator Connection => Page.Locator("#connection");

    public ILocator Reuse => Page.GetByRole(AriaRole.Region, new() { Name = "What was reused" });

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    /// <summary>Writes a message and sends it; the answer may not have come yet.</summary>
    public async Task SendAsync(string text)
    {
        await Message.FillAsync(text);
        await Assertions.Expect(Button("Send")).ToBeEnabledAsync();
        await Message.PressAsync("Enter");
    }

    /// <summary>Asks, and waits for the answer and its report.</summary>
    public async Task AskAsync(string text)
    {
        var before = await Reuse.CountAsync();
        await SendAsync(text);
        await Assertions.Expect(Reuse).ToHaveCountAsync(before + 1);
    }

    /// <summary>Lets the live view ask now, as it does when its tab is shown again, and not only with the next second.</summary>
    public Task AskForStatusAsync() => Page.EvaluateAsync("document.dispatchEvent(new Event('visibilitychange'))");

    public async ValueTask DisposeAsync()
    {
        // A later server may get this one's port, and so its origin. A page that did not load has no storage.
        await Page.EvaluateAsync("() => { try { sessionStorage.clear(); localStorage.clear(); } catch { } }");

        // What the page does while it is left belongs to this visit too.
        await Page.GotoAsync("about:blank");
        Page.Request -= OnRequest;
        Page.PageError -= OnPageError;
        Page.Console -= OnConsole;
        if (_ownTab)
            await Page.Context.DisposeAsync();
        Assert.True(_troubles.IsEmpty, $"{_origin}: {string.Join(Environment.NewLine, _troubles)}");
    }

    private void OnRequest(object? sender, IRequest request)
    {
        if (!request.Url.StartsWith($"{_origin}/", StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal) && request.Url != "about:blank")
            _troubles.Enqueue($"a request left the host: {request.Url}");
    }

    private void OnPageError(object? sender, string error) => _troubles.Enqueue($"an exception: {error}");

    private void OnConsole(object? sender, IConsoleMessage message)
    {
        // Chromium itself logs every answer of 400 and above and every broken connection; tests of such answers ask for them.
        var isNetwork = message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal);
        if (message.Type == "error" && !(isNetwork && ExpectsFailures))
            _troubles.Enqueue($"in the console: {message.Text} ({message.Location})");
    }
}
