using Microsoft.Playwright;

namespace Kvasir.Page.Tests.Browser;

/// <summary>
/// One Chromium and one tab for all tests of a collection, which run one after another. Starting a tab is what costs most; every test has a
/// server at a port of its own, so nothing that a tab stores is seen by another test.
/// </summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    /// <summary>The tests of what the page does.</summary>
    public const string Collection = "browser";

    /// <summary>The tests of how it looks and of the live view, which run beside them in a Chromium of their own.</summary>
    public const string SecondCollection = "second browser";

    /// <summary>How long a test waits for what it expects, also on a busy machine.</summary>
    private const int PatienceMs = 15_000;

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private IPage? _tab;

    /// <summary>The tab that tests share.</summary>
    public async Task<IPage> SharedTabAsync() => _tab ??= await NewTabAsync();

    /// <summary>A tab in a context of its own, which the caller closes.</summary>
    public async Task<IPage> NewTabAsync()
    {
        var browser = _browser ?? throw new InvalidOperationException(Chromium.Missing);
        var context = await browser.NewContextAsync(new BrowserNewContextOptions { Locale = "en-GB" });
        context.SetDefaultTimeout(PatienceMs);
        var page = await context.NewPageAsync();
        await page.AddInitScriptAsync("addEventListener('securitypolicyviolation', event => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))");
        return page;
    }

    public async Task InitializeAsync()
    {
        if (Chromium.Path is null)
            return;
        Assertions.SetDefaultExpectTimeout(PatienceMs);
        _playwright = await Playwright.CreateAsync();
        // Chromium refuses its sandbox to root, who runs tests in containers.
        string[] sandbox = Environment.UserName == "root" ? ["--no-sandbox"] : [];
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Chromium.Path,
            Headless = true,
            Args = [.. sandbox, "--disable-gpu", "--disable-dev-shm-usage", "--font-render-hinting=none"],
        });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
