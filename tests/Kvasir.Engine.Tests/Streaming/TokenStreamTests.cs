using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
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
    public async Task AWakeUpForATokenThatTheReaderHasSeen_DoesNotEndTheAnswer()
    {
        var stream = new TokenStream(4, null);
        stream.Write(1, 0, []);
        var waiting = stream.WaitAsync(1).AsTask();
        stream.Wake(); // of the first token: the reader saw it before the writer came to wake it
        for (var turn = 0; turn < 20; turn++)
            await Task.Run(() => { }); // what the wake-up may have queued runs before
        Assert.False(waiting.IsCompleted);
        stream.Write(2, 0, []);
        Assert.True(await waiting);
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
    public async Task EndWithoutAnotherToken_IsFalseForAReaderThatWaits()
    {
        var stream = new TokenStream(4, null);
        stream.Write(1, 0, []);
        var waiting = stream.WaitAsync(1).AsTask();
        stream.Complete(FinishReason.Stop, null, 12, null);
        Assert.False(await waiting);
        Assert.True(await stream.WaitAsync(0));
        Assert.Equal((FinishReason.Stop, 12L), (stream.Finish, stream.StopAtByte));
    }

    [Fact]
    public async Task TokensBeforeAFailure_AreRead_WhateverTheInterleaving()
    {
        for (var round = 0; round < 300; round++)
        {
            var stream = new TokenStream(3, null);
            var waiting = stream.WaitAsync(0).AsTask();
            for (var i = 0; i < 3; i++)
                stream.Write(i, 0, []);
            stream.Complete(FinishReason.Failed, null, -1, new EngineFailedException("broken", new InvalidOperationException()));
            Assert.True(await waiting, $"round {round}");
            Assert.Equal(3, stream.Count);
            await Assert.ThrowsAsync<EngineFailedException>(async () => await stream.WaitAsync(3));
        }
    }

    [Fact]
    public void Logprobs_StayWithTheirTokens()
    {
        var stream = new TokenStream(5, 2);
        for (var i = 0; i < 5; i++)
            stream.Write(i, -i, [new(i, -i), new(i + 10, -i - 1)]);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(-i, stream.Logprob(i));
            Assert.Equal([new(i, -i), new(i + 10, -i - 1)], stream.Top(i).ToArray());
        }
    }

    [Fact]
    public void Write_AllocatesNothing()
    {
        var stream = new TokenStream(1000, 1);
        TokenLogprob[] top = [new(1, -1)];
        stream.Write(1, 0, top);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 500; i++)
            stream.Write(i, 0, top);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
