namespace Kvasir.Models.Hub;

/// <summary>The server has another content now than the one that parts were loaded of.</summary>
internal sealed class ContentChangedException() : Exception("the content changed");
