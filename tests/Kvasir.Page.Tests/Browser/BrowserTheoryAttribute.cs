namespace Kvasir.Page.Tests.Browser;

/// <summary>A theory in a real Chromium; skipped, with the reason, where there is none.</summary>
internal sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute() => Skip = Chromium.Missing;
}
