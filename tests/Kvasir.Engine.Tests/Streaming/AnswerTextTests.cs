using System.Text;
using Kvasir.Engine.Streaming;
using Kvasir.Models;

namespace Kvasir.Engine.Tests.Streaming;

public sealed class AnswerTextTests : IDisposable
{
    private readonly TestModel _model = new();
    private readonly ModelFile _file;
    private readonly Tokenizer _tokenizer;

    public AnswerTextTests()
    {
        _file = ModelFile.Open(_model.Path);
        _tokenizer = _file.Tokenizer!;
    }

    [Fact]
    public void RandomTokens_GiveTheirTextUpToTheFirstStopString()
    {
        var inside = 0;
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var tokens = Enumerable.Range(0, random.Next(1, 25)).Select(_ => random.Next(_tokenizer.VocabSize)).ToArray();
            var bytes = tokens.SelectMany(token => _tokenizer.TextBytes(token).ToArray()).ToArray();
            var stops = Stops(random, bytes);
            var (fed, end) = FirstStop(tokens, bytes, stops);
            inside += end >= 0 && fed > end ? 1 : 0;
            var text = new AnswerText(_tokenizer, stops);
            var actual = string.Concat(tokens.Select(text.Feed)) + text.Finish();
            var start = end < 0 ? bytes.Length : stops.Where(stop => bytes.AsSpan(0, end).EndsWith(Encoding.UTF8.GetBytes(stop))).Min(stop => end - Encoding.UTF8.GetByteCount(stop));
            Assert.True(actual == Encoding.UTF8.GetString(bytes.AsSpan(0, start)), $"seed {seed}: \"{actual}\"");
        }

        Assert.True(inside > 100, $"only {inside} stop strings ended inside a token, so the test shows little");
    }

    [Fact]
    public void TextThatMayBecomeAStopString_IsHeldBackUntilItIsDecided()
    {
        var text = new AnswerText(_tokenizer, ["ab!"]);
        Assert.Equal("x", text.Feed(Letter('x')));
        Assert.Equal("", text.Feed(Letter('a')));
        Assert.Equal("", text.Feed(Letter('b')));
        Assert.Equal("abc", text.Feed(Letter('c')));
        Assert.Equal("", text.Feed(Letter('a')));
        Assert.Equal("a", text.Finish());
    }

    [Fact]
    public void CharacterOfSeveralTokens_IsGivenWhenItIsWhole()
    {
        var text = new AnswerText(_tokenizer, []);
        var bytes = Encoding.UTF8.GetBytes("é");
        Assert.Equal("", text.Feed(Byte(bytes[0])));
        Assert.Equal("é", text.Feed(Byte(bytes[1])));
        Assert.Equal("", text.Feed(Byte(bytes[0])));
        Assert.Equal("\uFFFD", text.Finish());
    }

    public void Dispose()
    {
        _file.Dispose();
        _model.Dispose();
    }

    private int Letter(char letter) => Byte((byte)letter);

    private int Byte(byte value) =>
        Enumerable.Range(0, _tokenizer.VocabSize).First(token => !_tokenizer.IsSpecial(token) && _tokenizer.TokenBytes(token).SequenceEqual([value]));

    /// <summary>Pieces of the text itself, so that they are found, and one that is not there.</summary>
    private static string[] Stops(Random random, byte[] bytes)
    {
        var stops = new List<string> { "\u0001\u0002" };
        for (var i = 0; i < 2 && bytes.Length > 0; i++)
        {
            var at = random.Next(bytes.Length);
            var piece = bytes.AsSpan(at, Math.Min(random.Next(1, 4), bytes.Length - at));
            if (!piece.ContainsAnyExceptInRange((byte)1, (byte)127))
                stops.Add(Encoding.UTF8.GetString(piece));
        }

        return [.. stops];
    }

    /// <summary>Bytes fed when the first stop string is complete, and where it ends; -1 when there is none.</summary>
    private (int Fed, int End) FirstStop(int[] tokens, byte[] bytes, string[] stops)
    {
        var end = stops.Select(stop => (Index: bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(stop)), stop.Length))
            .Where(found => found.Index >= 0).Select(found => found.Index + found.Length).DefaultIfEmpty(-1).Min();
        var fed = 0;
        foreach (var token in tokens)
        {
            if (fed >= end)
                break;
            fed += _tokenizer.TextBytes(token).Length;
        }

        return (fed, end);
    }
}
