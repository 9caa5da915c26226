using Kvasir.Engine.Requests;
using Kvasir.Engine.Streaming;

namespace Kvasir.Engine.Tests.Streaming;

public sealed class TokenStreamTests
{
    [Fact]
    public async Task Reader_SeesEveryTokenInOrder_WhateverTheInterleaving()
    {
        for (var round = 0; round < 50; round++)
        {
            var stream = new TokenStream(1000, null);
            var writer = Task.Run(() =>
            {
                for (var i = 0; i < 1000; i++)
                {
                    stream.Write(i, 0, []);
                    if (i % 37 == round % 37)
                        Thread.Yield();
                }

                stream.Complete(FinishReason.Length, null, -1, null);
            });
            var read = 0;
            while (await stream.WaitAsync(read))
            {
                for (; read < stream.Count; read++)
                    Assert.Equal(read, stream.Token(read));
            }

            await writer;
            Assert.Equal(1000, read);
        }
    }

    [Fact]
    public async Task Failure_ReachesAReaderThatWaits_AndOneThatComesLater()
    {
        var stream = new TokenStream(4, null);
        var waiting = stream.WaitAsync(0).AsTask();
        stream.Complete(FinishReason.Failed, null, -1, new EngineFailedException("broken", new InvalidOperationException()));
        await Assert.ThrowsAsync<EngineFailedException>(() => waiting);
        await Assert.ThrowsAsync<EngineFailedException>(async () => await stream.WaitAsync(0));
    }

    [Fact]
    public void Write_AllocatesNothing()
    {
        var stream = new TokenStream(1000, null);
        stream.Write(1, 0, []);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 500; i++)
            stream.Write(i, 0, []);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
