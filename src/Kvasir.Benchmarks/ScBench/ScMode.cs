namespace Kvasir.Benchmarks.ScBench;

/// <summary>How a context is reused.</summary>
public enum ScMode
{
    /// <summary>A conversation whose history holds the reference answers. The context is encoded together with the first question.</summary>
    MultiTurn,

    /// <summary>A conversation whose history holds the model's own answers.</summary>
    MultiTurnOwn,

    /// <summary>Requests that know nothing of each other. The context is encoded alone.</summary>
    MultiRequest,
}
