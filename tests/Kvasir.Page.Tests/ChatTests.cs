using System.Text.Json.Nodes;
using Kvasir.Page.Tests.Browser;
using Kvasir.Page.Tests.Fakes;
using static Microsoft.Playwright.Assertions;

namespace Kvasir.Page.Tests;

[Collection(BrowserFixture.Collection)]
public sealed class ChatTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task AnAnswerStreamsIn_PieceByPiece()
    {
        var gate = new TaskCompletionSource();
        await using var server = await FakeServer.StartAsync(server => server.Chat = async exchange =>
        {
            await exchange.TextAsync("One, ", "two");
            await gate.Task;
            await exchange.TextAsync(", three.");
            await exchange.FinishAsync(FakeReports.Of((8, "computed", "Count.")));
        });
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.SendAsync("Count.");

        await Expect(session.Answers).ToHaveTextAsync("One, two");
        await Expect(session.Page.Locator(".answer")).ToHaveAttributeAsync("aria-busy", "true");
        await Expect(session.Button("Stop")).ToBeVisibleAsync();
        await Expect(session.Message).ToHaveValueAsync("");
        gate.SetResult();
        await Expect(session.Answers).ToHaveTextAsync("One, two, three.");
        await Expect(session.Page.Locator(".answer")).ToHaveAttributeAsync("aria-busy", "false");
        await Expect(session.Button("Stop")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task ARequestHasWhatWasChosen_AndNothingElse()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.AskAsync("First?");
        await session.Page.Locator("#settings summary").ClickAsync();
        await session.Page.GetByLabel("System prompt").FillAsync("Be brief.");
        await session.Page.GetByLabel("Temperature").FillAsync("0.25");
        await session.Page.GetByLabel("Most tokens").FillAsync("77");
        await session.Page.GetByLabel("Shared with").SelectOptionAsync("public");
        await session.Page.GetByLabel("Model", new() { Exact = true }).SelectOptionAsync("kvasir-tiny:law");
        await session.AskAsync("Second?");

        Assert.True(server.Chats.TryDequeue(out var first));
        AssertJson("""
            {"model":"kvasir-tiny","messages":[{"role":"user","content":"First?"}],"kvasir":{"report":true,"prompt_text":true,"scope":"tenant"},
             "stream":true,"stream_options":{"include_usage":true}}
            """, first);
        Assert.True(server.Chats.TryDequeue(out var second));
        AssertJson("""
            {"model":"kvasir-tiny:law","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"First?"},
             {"role":"assistant","content":"You said: First?"},{"role":"user","content":"Second?"}],"temperature":0.25,"max_tokens":77,
             "kvasir":{"report":true,"prompt_text":true,"scope":"public"},"stream":true,"stream_options":{"include_usage":true}}
            """, second);
        await Expect(session.Reuse.Last).ToContainTextAsync("Scopepublic");
    }

    [BrowserFact]
    public async Task AValueThatCannotBeSent_IsShownAndNotSent()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.Page.Locator("#settings summary").ClickAsync();
        await session.Page.GetByLabel("Temperature").FillAsync("9");
        await session.Page.Locator("#settings summary").ClickAsync();
        await session.SendAsync("Hello");
        await Expect(session.Page.GetByLabel("Temperature")).ToBeFocusedAsync();
        await Expect(session.Message).ToHaveValueAsync("Hello");
        Assert.Empty(server.Chats);
    }

    [BrowserFact]
    public async Task ReasoningIsFolded_AndCanBeRead()
    {
        await using var server = await FakeServer.StartAsync(server => server.Chat = async exchange =>
        {
            await exchange.ReasoningAsync("I think ", "hard.");
            await exchange.TextAsync("42");
            await exchange.FinishAsync(FakeReports.Of((8, "computed", "?")));
        });
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.AskAsync("?");
        await Expect(session.Answers).ToHaveTextAsync("42");
        await Expect(session.Page.Locator(".thoughts")).ToBeHiddenAsync();
        await session.Page.Locator(".reasoning summary").ClickAsync();
        await Expect(session.Page.Locator(".thoughts")).ToHaveTextAsync("I think hard.");
    }

    [BrowserTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stopping_KeepsWhatCame_AndTheServerLearnsOfIt(bool byKey)
    {
        var gone = new TaskCompletionSource();
        await using var server = await FakeServer.StartAsync(server => server.Chat = async exchange =>
        {
            exchange.Gone.Register(gone.SetResult);
            await exchange.TextAsync("Once upon");
            await Task.Delay(Timeout.Infinite, exchange.Gone);
        });
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.SendAsync("A story.");
        await Expect(session.Answers).ToHaveTextAsync("Once upon");
        if (byKey)
            await session.Page.Keyboard.PressAsync("Escape");
        else
            await session.Button("Stop").ClickAsync();
        await Expect(session.Page.GetByText("Stopped.", new() { Exact = true })).ToBeVisibleAsync();
        await gone.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await Expect(session.Answers).ToHaveTextAsync("Once upon");
        await Expect(session.Message).ToBeFocusedAsync();
        await Expect(session.Trouble).ToBeHiddenAsync();

        server.Chat = exchange => exchange.FinishAsync(null);
        await session.SendAsync("Go on.");
        await Expect(session.Page.GetByText("The answer is empty.")).ToBeVisibleAsync();
        Assert.Equal("Once upon", (string?)server.Chats.Last()["messages"]![1]!["content"]);
    }

    [BrowserFact]
    public async Task EditingAQuestion_ReplacesItAndWhatFollowed_AndKeepsTheDraft()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.AskAsync("one");
        await session.AskAsync("two");
        await session.AskAsync("three");
        await session.Message.FillAsync("a draft");

        await session.Button("Edit").Nth(1).ClickAsync();
        await Expect(session.Message).ToHaveValueAsync("two");
        await Expect(session.Page.Locator("#editing")).ToContainTextAsync("replaces this question and its answer, and the one after it");
        await session.Page.Keyboard.PressAsync("Escape");
        await Expect(session.Message).ToHaveValueAsync("a draft");

        await session.Button("Edit").Nth(1).ClickAsync();
        await session.SendAsync("TWO");
        await Expect(session.Answers).ToHaveTextAsync(["You said: one", "You said: TWO"]);
        await Expect(session.Message).ToHaveValueAsync("a draft");
        Assert.Equal(["one", "You said: one", "TWO"], server.Chats.Last()["messages"]!.AsArray().Select(message => (string?)message!["content"]));
    }

    [BrowserFact]
    public async Task AskingAgain_SendsTheSameQuestion_AndClearForgetsAll()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.AskAsync("same");
        await session.Button("Ask again").ClickAsync();
        await Expect(session.Reuse).ToHaveCountAsync(1);
        await Expect(session.Button("Send")).ToBeVisibleAsync();
        Assert.Equal(2, server.Chats.Count);
        AssertJson(server.Chats.First().ToJsonString(), server.Chats.Last());

        await session.Message.FillAsync("kept");
        await session.Button("Clear").ClickAsync();
        await Expect(session.Answers).ToHaveCountAsync(0);
        await Expect(session.Message).ToHaveValueAsync("kept");
        await session.AskAsync("new");
        Assert.Single(server.Chats.Last()["messages"]!.AsArray());
    }

    [BrowserFact]
    public async Task AnAnswerAtItsLimit_SaysSo()
    {
        await using var server = await FakeServer.StartAsync(server => server.Chat = async exchange =>
        {
            await exchange.TextAsync("And so");
            await exchange.FinishAsync(FakeReports.Of((8, "computed", "?")), "length");
        });
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.AskAsync("?");
        await Expect(session.Page.Locator(".note")).ToContainTextAsync("limit of tokens");
    }

    [BrowserFact]
    public async Task ThePickerShowsEachModelsState_AndFollowsIt()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server);
        var picker = session.Page.GetByLabel("Model", new() { Exact = true });
        await Expect(picker.Locator("option")).ToHaveTextAsync(["kvasir-tiny", "kvasir-tiny:law", "granite-4-micro (not loaded)"]);
        await picker.SelectOptionAsync("granite-4-micro");
        await Expect(session.Page.Locator("#model-state")).ToHaveTextAsync("not loaded; the first question loads it");

        server.Models = FakeStatus.Models(("kvasir-tiny", "ready"), ("granite-4-micro", "loading"));
        server.Status = () =>
        {
            var status = FakeStatus.Of();
            status["models"]![1]!["state"] = "loading";
            return status;
        };
        await Expect(session.Page.Locator("#model-state")).ToHaveTextAsync("loading …");
        await Expect(picker).ToHaveValueAsync("granite-4-micro");
    }

    [BrowserFact]
    public async Task TheEndStaysInSight_UnlessThePersonScrollsUp()
    {
        var gate = new SemaphoreSlim(0);
        await using var server = await FakeServer.StartAsync(server => server.Chat = async exchange =>
        {
            for (var part = 0; part < 4; part++)
            {
                await exchange.TextAsync(string.Concat(Enumerable.Range(0, 60).Select(line => $"part {part} line {line}\n")));
                await gate.WaitAsync();
            }

            await exchange.FailAsync("the engine failed", "internal_error");
        });
        await using var session = await PageSession.OpenAsync(browser, server, expectsFailures: true);
        await session.SendAsync("Write.");
        await Expect(session.Answers).ToContainTextAsync("part 0 line 59");
        Assert.InRange(await ToEndAsync(session), -2, 2);
        gate.Release();
        await Expect(session.Answers).ToContainTextAsync("part 1 line 59");
        Assert.InRange(await ToEndAsync(session), -2, 2);

        await session.Page.Locator("#transcript").HoverAsync();
        await session.Page.Mouse.WheelAsync(0, -600);
        await session.Page.WaitForFunctionAsync("() => { const { scrollHeight, scrollTop, clientHeight } = document.getElementById('transcript'); return scrollHeight - scrollTop - clientHeight > 500; }");
        gate.Release();
        await Expect(session.Answers).ToContainTextAsync("part 2 line 59");
        Assert.InRange(await ToEndAsync(session), 500, 5_000);

        await session.Page.Locator("#transcript").EvaluateAsync("transcript => transcript.scrollTop = transcript.scrollHeight");
        Assert.InRange(await ToEndAsync(session), -2, 2);
        gate.Release(2);
        await Expect(session.Trouble).ToBeVisibleAsync();
        Assert.InRange(await ToEndAsync(session), -2, 2);
    }

    [BrowserFact]
    public async Task AReload_KeepsTheSettingsAndForgetsTheConversation()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server);
        await session.Page.Locator("#settings summary").ClickAsync();
        await session.Page.GetByLabel("System prompt").FillAsync("Be brief.");
        await session.AskAsync("secret");
        await session.Page.ReloadAsync();
        await Expect(session.Page.Locator("#settings-summary")).ToContainTextAsync("system prompt");
        await Expect(session.Answers).ToHaveCountAsync(0);
        var stored = await session.Page.EvaluateAsync<string>("JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)])");
        Assert.DoesNotContain("secret", stored, StringComparison.Ordinal);
    }

    private static Task<double> ToEndAsync(PageSession session) => session.Page.Locator("#transcript").EvaluateAsync<double>("""
        async transcript => {
            await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
            return transcript.scrollHeight - transcript.scrollTop - transcript.clientHeight;
        }
        """);

    private static void AssertJson(string expected, JsonNode actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}{Environment.NewLine}got {actual.ToJsonString()}");
}
