namespace Kvasir.Page.Tests.Browser;

/// <summary>The tests that share the browser.</summary>
[CollectionDefinition(BrowserFixture.Collection)]
public sealed class BrowserCollection : ICollectionFixture<BrowserFixture>;
