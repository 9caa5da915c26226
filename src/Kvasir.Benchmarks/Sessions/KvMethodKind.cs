using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Sessions;

/// <summary>A way of keeping keys and values that can be named.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Data type of the pool.</param>
/// <param name="TakesBudget">True when it keeps as much as it is told; false when its size is what it is.</param>
/// <param name="Open">Makes the runner for a budget, a share of the bytes of the whole cache in 16 bits.</param>
internal sealed record KvMethodKind(string Name, KvDataType Type, bool TakesBudget, Func<SessionEngine, double, ISessionRunner> Open);
