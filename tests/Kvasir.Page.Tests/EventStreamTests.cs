using Kvasir.Page.Tests.Browser;
using Kvasir.Page.Tests.Fakes;

namespace Kvasir.Page.Tests;

[Collection(BrowserFixture.Collection)]
public sealed class EventStreamTests(BrowserFixture browser)
{
    private static readonly (string Stream, string[] Events)[] Cases =
    [
        ("data: a\n\ndata: b\n\n", ["a", "b"]),
        ("data: a\r\n\r\ndata:b\r\n\r\n", ["a", "b"]),
        ("data: a\r\rdata: b\r\r", ["a", "b"]),
        ("data: one\ndata: two\n\n", ["one\ntwo"]),
        (": a comment\nevent: x\nid: 4\ndata:  two spaces\n\n\n\n", [" two spaces"]),
        ("data\n\ndata: grüße 🍯\n\n", ["", "grüße 🍯"]),
        ("data: complete\n\ndata: cut off", ["complete"]),
    ];

    [BrowserFact]
    public async Task EventsAreTheSame_WhereverTheBytesAreCut()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server);
        foreach (var (stream, events) in Cases)
        {
            var different = await session.Page.EvaluateAsync<string[]>("""
                async ([stream, expected]) => {
                    const { readEvents } = await import('./page/sse.js');
                    const bytes = new TextEncoder().encode(stream);
                    const different = [];
                    for (let first = 0; first <= bytes.length; first++) {
                        for (const second of new Set([first, Math.min(first + 1, bytes.length), bytes.length])) {
                            const parts = [bytes.slice(0, first), bytes.slice(first, second), bytes.slice(second)];
                            const body = new ReadableStream({ start(controller) { parts.forEach(part => controller.enqueue(part)); controller.close(); } });
                            const events = [];
                            for await (const event of readEvents(body))
                                events.push(event);
                            if (JSON.stringify(events) !== JSON.stringify(expected))
                                different.push(`cut at ${first} and ${second}: ${JSON.stringify(events)}`);
                        }
                    }
                    return different;
                }
                """, new object[] { stream, events });
            Assert.Empty(different);
        }
    }
}
