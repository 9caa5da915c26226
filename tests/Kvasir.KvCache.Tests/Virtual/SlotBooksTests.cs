using Kvasir.KvCache.Tests.Support;
using Kvasir.KvCache.Virtual;

namespace Kvasir.KvCache.Tests.Virtual;

/// <summary>What happens when the system refuses a mapping.</summary>
public sealed class SlotBooksTests
{
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void RefusedCall_IsTakenBackFromTheBooks(bool shared, bool byWorker)
    {
        var geometry = new SlotGeometry(TestLayouts.Small, VirtualKvTableTests.Options(shared, 2), 8);
        using var memory = new RefusingMemory(shared, allowed: 1);
        using var calls = new SlotCalls(memory, TimeProvider.System);
        var books = new SlotBooks(geometry, calls, shared);
        books.Move(3, 0, 0);
        books.Move(6, 1, 2);
        books.Move(5, 1, 5);
        if (byWorker)
        {
            calls.StartWorker();
            books.Undo(calls.WaitForWorker());
            calls.ThrowFailure(); // the worker gives up silently
        }
        else
        {
            books.Undo(calls.Flush());
            Assert.Throws<OutOfMemoryException>(calls.ThrowFailure);
        }

        Assert.Equal((3, -1, -1), (books.Places.Block(0, 0), books.Places.Block(1, 2), books.Places.Block(1, 5)));
        Assert.Equal((1, 0), (books.Places.Top(0), books.Places.Top(1)));
        Assert.Equal(8, books.Free.Count);
        if (!shared)
            Assert.Equal(1, books.BlocksWithMemory);
        books.CheckIntegrity([]);
    }

    private sealed unsafe class RefusingMemory(bool shares, int allowed) : ISlotMemory
    {
        private int _left = allowed;

        public bool Shares => shares;

        public byte* Slots => null;

        public byte* Home => null;

        public void Apply(in MapOperation operation)
        {
            if (_left-- == 0)
                throw new OutOfMemoryException("no mapping left");
        }

        public void Dispose()
        {
        }
    }
}
