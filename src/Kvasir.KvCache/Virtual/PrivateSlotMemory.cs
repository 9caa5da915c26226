using Kvasir.Numerics.Memory;

namespace Kvasir.KvCache.Virtual;

/// <summary>Every place has memory of its own (mode A): pages are allowed and populated, and given back to the system when they are taken away.</summary>
internal sealed unsafe class PrivateSlotMemory : ISlotMemory
{
    private readonly SlotGeometry _geometry;
    private readonly bool _populate;
    private byte* _memory;

    public PrivateSlotMemory(SlotGeometry geometry, bool populate)
    {
        _geometry = geometry;
        _populate = populate;
        _memory = PageMaps.Reserve(Bytes);
    }

    ~PrivateSlotMemory() => Free();

    public bool Shares => false;

    public byte* Slots => _memory;

    public byte* Home => _memory + _geometry.AllSlotBytes;

    public void Apply(in MapOperation operation)
    {
        var atHome = operation.Kind is MapKind.MapHome or MapKind.UnmapHome;
        var stride = atHome ? _geometry.HomeTensorBytes : _geometry.TensorBytes;
        var bytes = (nuint)(operation.Count * _geometry.UnitBytes);
        var address = atHome
            ? Home + (operation.Block * _geometry.UnitBytes)
            : Slots + (operation.Slot * _geometry.SlotBytes) + (operation.Index * _geometry.UnitBytes);
        for (var tensor = 0; tensor < _geometry.Tensors; tensor++, address += stride)
        {
            if (operation.Kind is MapKind.Unmap or MapKind.UnmapHome)
            {
                PageMaps.Decommit(address, bytes);
                continue;
            }

            PageMaps.Commit(address, bytes);
            if (_populate)
                PageMaps.Populate(address, bytes, writable: true);
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private nuint Bytes => (nuint)(_geometry.AllSlotBytes + _geometry.HomeBytes);

    private void Free()
    {
        if (_memory != null)
            PageMaps.Release(_memory, Bytes);
        _memory = null;
    }
}
