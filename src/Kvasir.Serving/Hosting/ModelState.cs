namespace Kvasir.Serving.Hosting;

/// <summary>Where a model of the server is.</summary>
internal enum ModelState
{
    /// <summary>Not in memory; the next request loads it.</summary>
    Unloaded,

    /// <summary>Being loaded.</summary>
    Loading,

    /// <summary>In memory.</summary>
    Ready,

    /// <summary>The last attempt to load it failed; the next request tries again.</summary>
    Failed,
}
