using Kvasir.Page.Tests.Browser;
using Kvasir.Page.Tests.Fakes;
using static Microsoft.Playwright.Assertions;

namespace Kvasir.Page.Tests;

[Collection(BrowserFixture.Collection)]
public sealed class ErrorTests(BrowserFixture browser)
{
    private static readonly (int Status, string Code, int? RetryAfter, string Advice)[] Refusals =
    [
        (400, "context_length_exceeded", null, "Clear the conversation"),
        (400, "invalid_value", null, "Change it in Settings"),
        (403, "permission_denied", null, "this tenant"),
        (404, "model_not_found", null, "Choose another model"),
        (413, "request_too_large", null, "Shorten the message"),
        (429, "rate_limit_exceeded", 1, "Send again in 1 second."),
        (503, "overloaded", 7, "Send again in 7 seconds."),
        (500, "internal_error", null, "server’s log"),
    ];

    [BrowserFact]
    public async Task ARefusal_SaysWhatWasWrongAndWhatToDo_AndTheTextStays()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server, expectsFailures: true);
        foreach (var (status, code, retryAfter, advice) in Refusals)
        {
            server.Chat = exchange => exchange.RefuseAsync(status, $"this went wrong: {code}", code, "messages", retryAfter);
            await session.SendAsync("My long question");
            await Expect(session.Trouble).ToContainTextAsync($"This went wrong: {code}.");
            await Expect(session.Trouble).ToContainTextAsync(advice);
            await Expect(session.Message).ToHaveValueAsync("My long question");
            await Expect(session.Message).ToBeFocusedAsync();
            await Expect(session.Page.Locator(".turn")).ToHaveCountAsync(0);
        }

        server.Chat = exchange => exchange.FinishAsync(null);
        await session.Page.Keyboard.PressAsync("Enter");
        await Expect(session.Trouble).ToBeHiddenAsync();
        await Expect(session.Page.Locator(".turn")).ToHaveCountAsync(1);
    }

    [BrowserFact]
    public async Task ARefusedEdit_BringsTheConversationBack()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server, expectsFailures: true);
        await session.AskAsync("one");
        await session.AskAsync("two");
        server.Chat = exchange => exchange.RefuseAsync(503, "full", "overloaded");
        await session.Button("Edit").First.ClickAsync();
        await session.SendAsync("ONE");
        await Expect(session.Trouble).ToContainTextAsync("Full.");
        await Expect(session.Answers).ToHaveTextAsync(["You said: one", "You said: two"]);
        await Expect(session.Message).ToHaveValueAsync("ONE");
    }

    [BrowserTheory]
    [InlineData("connection", "The connection broke")]
    [InlineData("end", "The connection ended")]
    [InlineData("event", "The engine failed: disk.")]
    [InlineData("nonsense", "not JSON")]
    public async Task AStreamThatBreaks_KeepsWhatCame_AndSendingAgainReplacesIt(string how, string message)
    {
        var gate = new TaskCompletionSource();
        await using var server = await FakeServer.StartAsync(server => server.Chat = async exchange =>
        {
            await exchange.TextAsync("Half an ans");
            await gate.Task;
            switch (how)
            {
                case "connection":
                    exchange.Break();
                    break;
                case "event":
                    await exchange.FailAsync("the engine failed: disk", "internal_error");
                    break;
                case "nonsense":
                    await exchange.RawAsync("data: {oh\n\n");
                    break;
            }
        });
        await using var session = await PageSession.OpenAsync(browser, server, expectsFailures: true);
        await session.SendAsync("Question");
        await Expect(session.Answers).ToHaveTextAsync("Half an ans");
        gate.SetResult();
        await Expect(session.Trouble).ToContainTextAsync(message);
        await Expect(session.Answers).ToHaveTextAsync("Half an ans");
        await Expect(session.Page.Locator(".note")).ToHaveTextAsync("The answer is not complete.");
        await Expect(session.Message).ToHaveValueAsync("Question");

        server.Chat = async exchange =>
        {
            await exchange.TextAsync("A whole answer.");
            await exchange.FinishAsync(null);
        };
        await session.Page.Keyboard.PressAsync("Enter");
        await Expect(session.Answers).ToHaveTextAsync(["A whole answer."]);
        await Expect(session.Trouble).ToBeHiddenAsync();
        Assert.Single(server.Chats.Last()["messages"]!.AsArray());
    }

    [BrowserFact]
    public async Task WhatWasWrittenWhileWaiting_IsKeptBesideTheQuestion()
    {
        var gate = new TaskCompletionSource();
        await using var server = await FakeServer.StartAsync(server => server.Chat = async exchange =>
        {
            await gate.Task;
            await exchange.RefuseAsync(503, "full", "overloaded");
        });
        await using var session = await PageSession.OpenAsync(browser, server, expectsFailures: true);
        await session.SendAsync("Question");
        await Expect(session.Page.Locator(".waiting")).ToBeVisibleAsync();
        await session.Message.FillAsync("next thought");
        gate.SetResult();
        await Expect(session.Message).ToHaveValueAsync("Question\n\nnext thought");
    }

    [BrowserFact]
    public async Task WithoutAKey_TheServerIsAskedAgainOnceThereIsOne()
    {
        await using var server = await FakeServer.StartAsync(server => server.Key = "sk-right");
        await using var session = await PageSession.OpenAsync(browser, server, expectsFailures: true);
        var dialog = session.Page.GetByRole(Microsoft.Playwright.AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("This server needs a key that it knows.");
        await Expect(session.Page.GetByLabel("API key")).ToBeFocusedAsync();
        await session.Page.Keyboard.TypeAsync("sk-wrong");
        await session.Page.Keyboard.PressAsync("Enter");
        await Expect(dialog).ToBeVisibleAsync();
        await session.Page.GetByLabel("API key").FillAsync("sk-right");
        await session.Page.Keyboard.PressAsync("Enter");
        await Expect(dialog).ToBeHiddenAsync();
        await Expect(session.Connection).ToHaveTextAsync("connected");
        await session.AskAsync("hello");

        Assert.Equal("sk-right", await session.Page.EvaluateAsync<string>("sessionStorage.getItem('kvasir.key')"));
        Assert.Equal(0, await session.Page.EvaluateAsync<int>("Object.values(localStorage).filter(value => value.includes('sk-')).length"));
        await session.Button("Key set").ClickAsync();
        await session.Button("Forget").ClickAsync();
        await Expect(dialog).ToBeVisibleAsync();
        Assert.Null(await session.Page.EvaluateAsync<string?>("sessionStorage.getItem('kvasir.key')"));
    }

    [BrowserFact]
    public async Task AKeyRefusedWhileAsking_IsAskedFor_AndTheTextStays()
    {
        await using var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server, expectsFailures: true);
        await Expect(session.Connection).ToHaveTextAsync("connected");
        server.Chat = exchange => exchange.RefuseAsync(401, "this key is not known", "invalid_api_key");
        await session.SendAsync("Question");
        await Expect(session.Page.GetByRole(Microsoft.Playwright.AriaRole.Dialog)).ToContainTextAsync("This key is not known.");
        await session.Page.Keyboard.PressAsync("Escape");
        await Expect(session.Message).ToHaveValueAsync("Question");
    }

    [BrowserFact]
    public async Task AServerThatIsGone_IsSaidToBe_AndTheTextStays()
    {
        var server = await FakeServer.StartAsync();
        await using var session = await PageSession.OpenAsync(browser, server, expectsFailures: true);
        await Expect(session.Connection).ToHaveTextAsync("connected");
        await server.DisposeAsync();
        await session.SendAsync("Anybody?");
        await Expect(session.Trouble).ToContainTextAsync("The server does not answer. Check that the server runs (kvasir serve)");
        await Expect(session.Message).ToHaveValueAsync("Anybody?");
        await Expect(session.Connection).ToContainTextAsync("lost connection, trying again");
    }
}
