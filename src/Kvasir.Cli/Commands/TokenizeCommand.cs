using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Models;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir tokenize</c>: text to tokens and back.</summary>
internal sealed class TokenizeCommand : Command, IHelpTopics
{
    private readonly Argument<string?> _prompt = new("TEXT")
    {
        Description = "The text. Without it and --file: standard input.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _model = new("--model", "-m")
    {
        Description = $"{NamedModel.Description} A tokenizer.json or tokenizer.model alone will do. Default: the bundled model.",
        HelpName = NamedModel.HelpName,
    };

    private readonly Option<string?> _file = new("--file", "-f") { Description = "Reads the text from a file (UTF-8).", HelpName = "FILE" };

    private readonly Option<string?> _text = new("--text") { Description = "The text, as the argument.", HelpName = "TEXT" };

    private readonly Option<bool> _special = new("--special") { Description = "Special tokens written in the text become those tokens. Without it they stay text." };

    private readonly Option<bool> _around = new("--around") { Description = "Adds the tokens that the files ask for around a text (bos, eos, [CLS] …)." };

    private readonly Option<bool> _decode = new("--decode") { Description = "Reads token ids, separated by white space or commas, and writes their text." };

    private readonly JsonOption _json = new("{tokens: [id], count, bytes}; with --decode {text, count}");

    private readonly TextReader _input;

    public TokenizeCommand(TextReader input)
        : base("tokenize", "Shows the tokens of a text, or the text of tokens.")
    {
        _input = input;
        Add(_prompt);
        Add(_model);
        Add(_file);
        Add(_text);
        Add(_special);
        Add(_around);
        Add(_decode);
        Add(_json);
        SetAction(RunAsync);
    }

    public string Details => "Only the tokenizer is read, so the model may be of a family that Kvasir does not run. A text of a file is taken as it is, with its line breaks.";

    public IReadOnlyList<string> Examples =>
    [
        "kvasir tokenize \"Hello, world\"",
        "kvasir tokenize --model tokenizer.json --file text.txt --json",
        "kvasir tokenize --decode \"9906 11 1917\"",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var text = await TextAsync(parsed, cancellation).ConfigureAwait(false);
        var tokenizer = TokenizerFile.Open(NamedModel.OrDefault(parsed.GetValue(_model)));
        var output = parsed.InvocationConfiguration.Output;
        var json = parsed.GetValue(_json);
        if (parsed.GetValue(_decode))
        {
            var ids = Ids(text);
            var decoded = tokenizer.Decode(ids);
            if (json)
                JsonOutput.Write(output, new JsonObject { ["text"] = decoded, ["count"] = ids.Length });
            else
                output.WriteLine(decoded);
            return ExitCode.Success;
        }

        var special = parsed.GetValue(_special);
        var tokens = parsed.GetValue(_around) ? tokenizer.EncodeWhole(text, special) : tokenizer.Encode(text, special);
        if (json)
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["tokens"] = new JsonArray([.. tokens.Select(token => (JsonNode)JsonValue.Create(token))]),
                ["count"] = tokens.Length,
                ["bytes"] = System.Text.Encoding.UTF8.GetByteCount(text),
            });
            return ExitCode.Success;
        }

        foreach (var token in tokens)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{token,8}  {Piece(tokenizer, token)}"));
        output.WriteLine($"{Screen.Count(tokens.Length)} tokens");
        return ExitCode.Success;
    }

    private async Task<string> TextAsync(ParseResult parsed, CancellationToken cancellation)
    {
        string?[] given = [parsed.GetValue(_prompt), parsed.GetValue(_text), parsed.GetValue(_file)];
        if (given.Count(value => value is not null) > 1)
            throw new ArgumentException("the text was given more than once; give one of the argument, --text and --file");
        if (parsed.GetValue(_file) is { } file)
            return await File.ReadAllTextAsync(file, cancellation).ConfigureAwait(false);
        return given[0] ?? given[1] ?? await _input.ReadToEndAsync(cancellation).ConfigureAwait(false);
    }

    private static int[] Ids(string text) =>
    [
        .. text.Split([' ', '\t', '\r', '\n', ',', '[', ']'], StringSplitOptions.RemoveEmptyEntries).Select(part =>
            int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : throw new ArgumentException($"\"{part}\" is no token id")),
    ];

    // The text of a token, or its bytes where these are no whole characters.
    private static string Piece(Tokenizer tokenizer, int token)
    {
        var bytes = tokenizer.TokenBytes(token);
        var text = System.Text.Unicode.Utf8.IsValid(bytes)
            ? System.Text.Json.JsonEncodedText.Encode(bytes, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString()
            : string.Join(' ', bytes.ToArray().Select(value => value.ToString("X2", CultureInfo.InvariantCulture)));
        return tokenizer.IsSpecial(token) ? $"{text}  (special)" : System.Text.Unicode.Utf8.IsValid(bytes) ? $"\"{text}\"" : $"bytes {text}";
    }
}
