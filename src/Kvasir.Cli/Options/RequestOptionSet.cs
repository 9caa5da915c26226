using System.CommandLine;
using Kvasir.Engine;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Requests;
using Kvasir.Models;

namespace Kvasir.Cli.Options;

/// <summary>The options of a single request, for the commands that answer a prompt.</summary>
internal sealed class RequestOptionSet
{
    private readonly SamplingOptionSet _sampling = new();
    private readonly AdapterOptionSet _adapter = new();

    private readonly Option<int?> _maxTokens = new("--max-tokens", "-n") { Description = "Most tokens of the answer.", HelpName = "N" };

    private readonly Option<string?> _system = new("--system") { Description = "A system message before the prompt.", HelpName = "TEXT" };

    private readonly Option<bool> _raw = new("--raw") { Description = "Continue the prompt as plain text, without the chat format." };

    private readonly Option<string[]> _stop = new("--stop")
    {
        Description = "A text that ends the answer; may be given several times.",
        HelpName = "TEXT",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> _receipt = new("--receipt")
    {
        Description = "Write a receipt: what the answer was computed from, for kvasir replay. It holds prompt and answer as token ids.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _kvPolicy = new("--kv-policy")
    {
        Description = "Keep or read fewer rows: NAME, NAME:SHARE or NAME:ROWS, such as snapkv:0.25 or snapkv+kivi2:0.25 ('kvasir kv policies' lists them).",
        HelpName = "POLICY",
    };

    public void AddTo(Command command)
    {
        command.Add(_kvPolicy);
        command.Add(_maxTokens);
        command.Add(_system);
        command.Add(_raw);
        command.Add(_stop);
        command.Add(_receipt);
        _sampling.AddTo(command);
        _adapter.AddTo(command);
    }

    /// <summary>Makes the request, and loads its adapter into the engine. Models without a chat format get the prompt as it is.</summary>
    public GenerationRequest Read(ParseResult parsed, KvasirEngine engine, string prompt)
    {
        var choice = parsed.GetValue(_kvPolicy) is { } policy ? KvChoice.Parse(policy, ProfileFiles.Of(engine.Model)) : default;
        return choice.ApplyTo(Whole(parsed, engine, prompt));
    }

    /// <summary>Writes the receipt when one was asked for.</summary>
    public async Task WriteReceiptAsync(ParseResult parsed, Answer answer, CancellationToken cancellation)
    {
        if (parsed.GetValue(_receipt) is { } path)
            await File.WriteAllTextAsync(path, answer.Receipt!.ToJson(), cancellation).ConfigureAwait(false);
    }

    private GenerationRequest Whole(ParseResult parsed, KvasirEngine engine, string prompt) => new()
    {
        Prompt = Tokens(parsed, engine, prompt),
        MaxTokens = parsed.GetValue(_maxTokens),
        Adapter = _adapter.Load(parsed, engine),
        Sampling = _sampling.Read(parsed),
        StopStrings = parsed.GetValue(_stop) ?? [],
        WantReceipt = parsed.GetValue(_receipt) is not null,
    };

    private int[] Tokens(ParseResult parsed, KvasirEngine engine, string prompt)
    {
        var system = parsed.GetValue(_system);
        if (parsed.GetValue(_raw) || engine.Model.ChatTemplate is null)
        {
            return system is null
                ? engine.Encode(prompt)
                : throw new ArgumentException("--system needs the chat format; leave out --raw, or use a model with a chat template");
        }

        var user = new ChatMessage("user", prompt);
        return engine.EncodeChat(system is null ? [user] : [new ChatMessage("system", system), user]);
    }
}
