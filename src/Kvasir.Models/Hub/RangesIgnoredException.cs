namespace Kvasir.Models.Hub;

/// <summary>The server gives whole files only.</summary>
internal sealed class RangesIgnoredException() : Exception("the server ignores ranges");
