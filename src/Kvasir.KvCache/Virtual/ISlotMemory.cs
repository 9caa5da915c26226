namespace Kvasir.KvCache.Virtual;

/// <summary>The memory under slots. Addresses stay as they are; what lies under them is changed by operations, from one thread at a time.</summary>
internal unsafe interface ISlotMemory : IDisposable
{
    /// <summary>Whether a block can lie under several places at once, and always at home.</summary>
    bool Shares { get; }

    /// <summary>First byte of the first slot.</summary>
    byte* Slots { get; }

    /// <summary>First byte of the first block at home.</summary>
    byte* Home { get; }

    /// <summary>Does it; throws <see cref="OutOfMemoryException"/> when the system refuses.</summary>
    void Apply(in MapOperation operation);
}
