namespace Kvasir.Benchmarks.Rag;

/// <summary>Salts under which the chunks of the workloads are kept; what one holds another does not see.</summary>
internal static class RagScope
{
    /// <summary>Every chunk was computed alone, behind what every prompt begins with.</summary>
    public static ReadOnlyMemory<byte> Alone { get; } = "alone"u8.ToArray();

    /// <summary>Every chunk was computed behind other chunks, in an earlier prompt.</summary>
    public static ReadOnlyMemory<byte> Context { get; } = "context"u8.ToArray();
}
