using System.Text;
using System.Text.Json;
using Kvasir.Engine.Conversations.Calls;
using Kvasir.Engine.Conversations.Parsing;

namespace Kvasir.Engine.Tests.Conversations;

public sealed class JsonScannerTests
{
    private static readonly string[] Parts =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"", "\\", "\\n", "\\u00e9", "\\ud83c", "\\udf1e", "\ud83c\udf1e", "é", " ", "\n", "\t", "0", "1", "-", ".5", "e+3", "E", "true", "false", "null", "nul",
        "{\"a\":", "[1,", "\"b\\\"c\"", "\u0001",
    ];

    [Fact]
    public void WhatIsJson_IsWhatThePlatformReads()
    {
        var valid = 0;
        for (var seed = 0; seed < 200_000; seed++)
        {
            var random = new Random(seed);
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => Parts[random.Next(Parts.Length)]));
            var expected = Reads(text);
            valid += expected ? 1 : 0;
            Assert.True(expected == JsonScanner.IsValue(text), $"seed {seed}: {text}");
        }

        Assert.InRange(valid, 1_000, 199_000);
    }

    [Theory]
    [InlineData(JsonScanner.MaxDepth, true)]
    [InlineData(JsonScanner.MaxDepth + 1, false)]
    public void DepthIsBounded_AsThePlatformBoundsIt(int depth, bool expected)
    {
        var text = new string('[', depth) + new string(']', depth);
        Assert.Equal(expected, JsonScanner.IsValue(text));
        Assert.Equal(expected, Reads(text));
    }

    [Theory]
    [InlineData("", "{}")]
    [InlineData("a=1, b = 'x\\'y' ,c=[True, None, (1, -2.5)],", """{"a": 1, "b": "x'y", "c": [true, null, [1, -2.5]]}""")]
    [InlineData("a={'k': \"v\\n\", \"\\u00e9\": {}}", """{"a": {"k": "v\n", "é": {}}}""")]
    [InlineData("a=true, b=null, c=1_000, d=.5, e=+1", """{"a": true, "b": null, "c": 1000, "d": 0.5, "e": 1}""")]
    [InlineData("a='\\ud83c\\udf1e \\q \\x41'", """{"a": "🌞 \\q A"}""")]
    [InlineData("a='\\ud83c'", """{"a": "\ufffd"}""")]
    [InlineData("1", null)]
    [InlineData("a", null)]
    [InlineData("a=", null)]
    [InlineData("a=b", null)]
    [InlineData("a='x", null)]
    [InlineData("a=[1", null)]
    [InlineData("a={1: 2}", null)]
    [InlineData("a=1 b=2", null)]
    [InlineData("a=\\", null)]
    public void PythonArgumentsBecomeJson(string text, string? expected)
    {
        var json = PythonArguments.ToJson(text);
        Assert.Equal(expected is null, json is null);
        if (expected is not null)
            Assert.True(JsonElement.DeepEquals(Families.Json(expected), Families.Json(json!)), json);
    }

    [Fact]
    public void DeepPythonValues_AreRefused() => Assert.Null(PythonArguments.ToJson("a=" + new string('[', 10_000) + new string(']', 10_000)));

    // Strings must be readable too: lone surrogates are found out only then.
    private static bool Reads(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(text));
            return Strings(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or EncoderFallbackException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool Strings(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().All(p => p.Name.Length >= 0 && Strings(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().All(Strings),
        JsonValueKind.String => element.GetString() is not null,
        _ => true,
    };
}
