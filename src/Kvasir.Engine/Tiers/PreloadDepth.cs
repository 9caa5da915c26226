namespace Kvasir.Engine.Tiers;

/// <summary>
/// Layers of a load that must be there before a step begins with them. The depth is Cache-Craft's (arXiv 2502.15734),
/// <see cref="KvCache.Blending.LoadingController.PreloadLayers"/>, from the rates of this load and of computing.
/// </summary>
public enum PreloadDepth
{
    /// <summary>
    /// The first alone while no other sequence runs: the earliest first token, but a request that arrives meanwhile waits for the rest of the
    /// load. Otherwise as many as <see cref="Always"/>.
    /// </summary>
    FirstLayersWhenAlone,

    /// <summary>So many that no later one is waited for; others compute, or arrive, meanwhile.</summary>
    Always,
}
