using Kvasir.Page.Tests.Browser;
using Kvasir.Page.Tests.Fakes;
using Microsoft.Playwright;

namespace Kvasir.Page.Tests;

/// <summary>
/// Pictures of the page, for people. With <c>KVASIR_SCREENSHOTS=FOLDER</c> they are written there; with <c>KVASIR_PAGE_URL=http://…</c>
/// they are taken from that server (and its model answers the questions) in place of the scripted one.
/// </summary>
[Collection(BrowserFixture.Collection)]
public sealed class ScreenshotTests(BrowserFixture browser)
{
    private static readonly byte[] PngSignature = [0x89, (byte)'P', (byte)'N', (byte)'G'];

    [BrowserTheory]
    [InlineData("wide-light", 1440, 900, ColorScheme.Light)]
    [InlineData("wide-dark", 1440, 900, ColorScheme.Dark)]
    [InlineData("narrow-light", 360, 720, ColorScheme.Light)]
    [InlineData("narrow-dark", 360, 720, ColorScheme.Dark)]
    public async Task APersonCanLookAtThePage(string name, int width, int height, ColorScheme scheme)
    {
        await using var server = await FakeServer.StartAsync(server => DemoScript.Prepare(server));
        var url = Environment.GetEnvironmentVariable("KVASIR_PAGE_URL") is { Length: > 0 } real ? real : server.Url;
        await using var session = await PageSession.OpenAsync(browser, url, new ViewportSize { Width = width, Height = height }, scheme);
        await Assertions.Expect(session.Connection).ToHaveTextAsync("connected");
        await ShootAsync(session, $"{name}-empty");

        await session.Page.Locator("#settings summary").ClickAsync();
        await session.Page.GetByLabel("System prompt").FillAsync(DemoScript.System);
        await session.Page.GetByLabel("Most tokens").FillAsync("120");
        await session.Page.Locator("#settings summary").ClickAsync();
        foreach (var question in DemoScript.Questions)
            await session.AskAsync(question);
        await session.Page.Locator("details.prompt summary").Last.ClickAsync();
        await session.Page.Locator(".turn").Last.EvaluateAsync("turn => turn.scrollIntoView({ block: 'end' })");
        await ShootAsync(session, name);
        if (width < 1200)
        {
            await session.Button("Live").ClickAsync();
            await ShootAsync(session, $"{name}-live");
        }
    }

    private static async Task ShootAsync(PageSession session, string name)
    {
        var picture = await session.Page.ScreenshotAsync(new PageScreenshotOptions { Animations = ScreenshotAnimations.Disabled });
        Assert.Equal(PngSignature, picture[..PngSignature.Length]);
        if (Environment.GetEnvironmentVariable("KVASIR_SCREENSHOTS") is not { Length: > 0 } folder)
            return;
        Directory.CreateDirectory(folder);
        await File.WriteAllBytesAsync(Path.Combine(folder, $"{name}.png"), picture);
    }
}
