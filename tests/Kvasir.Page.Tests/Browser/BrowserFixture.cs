using Microsoft.Playwright;

namespace Kvasir.Page.Tests.Browser;

/// <summary>One Chromium for all tests of a collection; each test has a context of its own in it.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    /// <summary>The tests of chat, reuse and errors.</summary>
    public const string Collection = "browser";

    /// <summary>The tests of looks and of the live view, which run beside them in a Chromium of their own.</summary>
    public const string SecondCollection = "second browser";

    /// <summary>How long a test waits for what it expects, also on a busy machine.</summary>
    private const int PatienceMs = 15_000;

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>The running browser.</summary>
    public IBrowser Browser => _browser ?? throw new InvalidOperationException(Chromium.Missing);

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
