namespace Kvasir.Page.Tests.Browser;

/// <summary>The tests that share the second browser.</summary>
[CollectionDefinition(BrowserFixture.SecondCollection)]
public sealed class SecondBrowserCollection : ICollectionFixture<BrowserFixture>;
