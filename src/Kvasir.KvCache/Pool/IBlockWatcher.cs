namespace Kvasir.KvCache.Pool;

/// <summary>Holds one reference to a block and wants to know whether it is the only one.</summary>
internal interface IBlockWatcher
{
    /// <summary>The block got its second reference, or is left with one.</summary>
    void ReferencesChanged(bool shared);
}
