using Kvasir.Numerics.Memory;

namespace Kvasir.KvCache.Virtual;

/// <summary>
/// Blocks are ranges of shared pages (mode B), <c>[tensors][capacity]</c>: always mapped at home, and under any number of places of slots.
/// A block that is taken away from a slot keeps its memory.
/// </summary>
internal sealed unsafe class AliasedSlotMemory : ISlotMemory
{
    private readonly SlotGeometry _geometry;
    private readonly bool _populate;
    private readonly SharedPages _pages;
    private byte* _memory;

    public AliasedSlotMemory(SlotGeometry geometry, bool populate)
    {
        _geometry = geometry;
        _populate = populate;
        _pages = new SharedPages(geometry.HomeBytes);
        _memory = PageMaps.Reserve(Bytes);
        PageMaps.MapPages(Home, (nuint)geometry.HomeBytes, _pages, 0, writable: true);
    }

    ~AliasedSlotMemory() => Free();

    public bool Shares => true;

    public byte* Slots => _memory;

    public byte* Home => _memory + _geometry.AllSlotBytes;

    public void Apply(in MapOperation operation)
    {
        var bytes = (nuint)(operation.Count * _geometry.UnitBytes);
        var address = Slots + (operation.Slot * _geometry.SlotBytes) + (operation.Index * _geometry.UnitBytes);
        var offset = operation.Block * _geometry.UnitBytes;
        for (var tensor = 0; tensor < _geometry.Tensors; tensor++)
        {
            switch (operation.Kind)
            {
                case MapKind.Map:
                    PageMaps.MapPages(address, bytes, _pages, offset, operation.Writable);
                    if (_populate)
                        PageMaps.Populate(address, bytes, operation.Writable);
                    break;
                case MapKind.Unmap:
                    PageMaps.Cover(address, bytes);
                    break;
                case MapKind.UnmapHome:
                    _pages.Discard(offset, (long)bytes);
                    break;
                default:
                    break; // at home they are always mapped
            }

            address += _geometry.TensorBytes;
            offset += _geometry.HomeTensorBytes;
        }
    }

    public void Dispose()
    {
        Free();
        _pages.Dispose();
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
