using System.Text;
using System.Text.Json;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Tests.Support;
using Kvasir.Engine.Verification;
using Kvasir.Grammars;

namespace Kvasir.Engine.Tests.Sampling;

public sealed class JumpForwardTests(TestModel model) : IClassFixture<TestModel>
{
    private const string Order = """
        {"type":"object","properties":{"customer":{"type":"string","maxLength":4},"kind":{"enum":["retail order","return"]},
        "items":{"type":"array","items":{"type":"object","properties":{"quantity":{"type":"integer","minimum":0,"maximum":99},"gift":{"type":"boolean"}},
        "required":["quantity","gift"],"additionalProperties":false},"minItems":1,"maxItems":3}},
        "required":["customer","kind","items"],"additionalProperties":false}
        """;

    private const string Tree = """
        {"$defs":{"node":{"type":"object","properties":{"name":{"const":"größe"},"left":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/node"}]}},
        "required":["name","left"],"additionalProperties":false}},"$ref":"#/$defs/node"}
        """;

    private readonly EngineOptions _options = new() { BlockRows = 16, Threads = 1 };

    [Theory]
    [InlineData("The quick brown fox said: nothing")]
    [InlineData("{\"größe\": [1, 2, 3], \"name\": \"x\"}\n\n  ")]
    [InlineData("日本 🙂!")]
    public void TextThatIsWhollyForced_IsTheAnswer_InTheTokenizersTokens_WithoutSampling(string text)
    {
        using var run = Run();
        var sequence = run.Submit(Request(Compile(run, Grammar.FromRegex(Escape(text)))));
        run.Finish();
        Assert.Equal(text, Decode(run, sequence));
        Assert.Equal(FinishReason.Stop, sequence.Output.Finish);
        Assert.Equal(run.Model.File.Tokenizer!.Encode(text), sequence.Output.Tokens.ToArray());
        Assert.Equal((sequence.Output.Count, 0L, 1L), (sequence.ForcedTokens, run.Loop.Status.SampledTokens, run.Loop.Status.Steps));
        Assert.Equal(sequence.Output.Count, sequence.Output.Statistics!.ForcedTokens);
        Assert.Equal(sequence.Output.Count, run.Loop.Status.ForcedTokens);
    }

    [Fact]
    public void SpecialTokenSpeltInTheText_IsWrittenAsText()
    {
        const string Text = "<|end|> is not the end";
        using var run = Run();
        var sequence = run.Submit(Request(Compile(run, Grammar.FromRegex(Escape(Text)))));
        run.Finish();
        Assert.Equal(Text, Decode(run, sequence));
        Assert.DoesNotContain(run.Model.File.Tokenizer!.Find("<|end|>")!.Value, sequence.Output.Tokens.ToArray());
        Assert.True(sequence.ForcedTokens > 0);
    }

    [Theory]
    [InlineData(Order)]
    [InlineData(Tree)]
    public void JumpForward_WritesWhatTheGrammarAllows_InFewerSteps(string schema)
    {
        long jumped = 0, sampled = 0;
        for (var seed = 0; seed < 12; seed++)
        {
            foreach (var jump in (bool[])[true, false])
            {
                using var run = Run();
                var grammar = Compile(run, Grammar.FromJsonSchema(JsonDocument.Parse(schema).RootElement));
                var sequence = run.Submit(Request(grammar) with
                {
                    JumpForward = jump,
                    MaxTokens = 120,
                    Sampling = new SamplingOptions { Temperature = 1, Seed = (ulong)seed, FrequencyPenalty = 0.1f },
                });
                run.Finish();
                var matcher = grammar.CreateMatcher();
                var text = Decode(run, sequence);
                Assert.True(matcher.TryAcceptBytes(Encoding.UTF8.GetBytes(text.TrimEnd('\uFFFD'))), $"seed {seed}, jump {jump}: {text}");
                Assert.True(sequence.Output.Finish == FinishReason.Length || matcher.CanEnd, $"seed {seed}, jump {jump}: {text}");
                Assert.Equal(jump, sequence.ForcedTokens > 0);
                Assert.Equal(sequence.AnswerLength, sequence.ForcedTokens + run.Loop.Status.SampledTokens);
                if (jump)
                    jumped += run.Loop.Status.Steps * 1000 / sequence.AnswerLength;
                else
                    sampled += run.Loop.Status.Steps * 1000 / sequence.AnswerLength;
            }
        }

        Assert.True(jumped * 4 < sampled * 3, $"{jumped / 12} steps a thousand tokens with jump-forward, {sampled / 12} without");
    }

    [Fact]
    public void Logits_AreThoseOfAColdRunOverTheSameTokens()
    {
        var rows = 0;
        for (var seed = 0; seed < 8; seed++)
        {
            var random = new Random(seed);
            using var run = Run(new EngineOptions { BlockRows = 16, Threads = 1, MaxBatchTokens = random.Next(4, 40), PoisonFreedRows = true });
            var seen = new List<(Sequence Sequence, int Position, float[] Logits)>();
            run.Loop.Observer = (sequence, logits) => seen.Add((sequence, sequence.Length - 1, logits.ToArray()));
            var grammar = Compile(run, Grammar.FromJsonSchema(JsonDocument.Parse(Order).RootElement));
            for (var i = 0; i < 3; i++)
            {
                run.Submit(Request(grammar) with
                {
                    Prompt = TinyModel.Tokens(20 + i, i),
                    MaxTokens = 60,
                    Choices = 2,
                    Sampling = new SamplingOptions { Temperature = 1, Seed = (ulong)(seed + i) },
                });
            }

            while (!run.Loop.IsIdle)
            {
                Assert.True(run.Loop.Step());
                if (random.Next(8) == 0 && run.Loop.Running.Count > 0)
                    run.Loop.Preempt(run.Loop.Running[random.Next(run.Loop.Running.Count)]);
            }

            foreach (var group in seen.GroupBy(row => row.Sequence))
            {
                Assert.True(group.Key.ForcedTokens > 0);
                using var cold = new ColdRun(run.Model, 256);
                var expected = new Dictionary<int, float[]>();
                cold.Extend(group.Key.Tokens, (position, logits) => expected.Add(position, logits.ToArray()));
                foreach (var (_, position, logits) in group)
                {
                    rows++;
                    Assert.True(logits.AsSpan().SequenceEqual(expected[position]), $"seed {seed}: logits at {position} differ");
                }
            }
        }

        Assert.True(rows > 100);
    }

    [Theory]
    [InlineData("\\{\"kind\":\"inter(nal|national)\"\\}", "", "{\"kind\":\"")] // the word may go on
    [InlineData("\\{\"kind\":\"inter(nal|ruption)\"\\}", "{\"kind\":\"intern", "al\"}")] // the end: nothing follows
    [InlineData("caf(é|è)", "", "")] // one word, and its last character half known
    [InlineData("a: *b", "", "a")] // spaces may join what follows
    [InlineData("x(yz)?", "", "")]
    [InlineData("x = y(!|[?])", "", "x =")]
    public void ForcedText_IsCutWhereWhatFollowsMayJoinIt(string regex, string before, string expected)
    {
        using var run = Run();
        var tokenizer = run.Model.File.Tokenizer!;
        var matcher = Compile(run, Grammar.FromRegex(regex)).CreateMatcher();
        Assert.True(matcher.TryAcceptBytes(Encoding.UTF8.GetBytes(before)));
        Assert.Equal(expected, tokenizer.Decode(new ForcedTokens(tokenizer).Find(matcher)));
    }

    [Fact]
    public void ForcedText_ThatBeginsInsideACharacter_IsLeftToTheModel()
    {
        using var run = Run();
        var matcher = Compile(run, Grammar.FromRegex("é = 1")).CreateMatcher();
        Assert.True(matcher.TryAcceptBytes([0xC3]));
        Assert.True(new ForcedTokens(run.Model.File.Tokenizer!).Find(matcher).IsEmpty);
    }

    [Fact]
    public void LimitsAndStopStrings_HoldForForcedTokensToo()
    {
        using var run = Run();
        var grammar = Compile(run, Grammar.FromRegex("one two three four five six"));
        var tokens = run.Model.File.Tokenizer!.Encode("one two three four five six");
        var limited = run.Submit(Request(grammar) with { MaxTokens = tokens.Length - 2 });
        var stopped = run.Submit(Request(grammar) with { StopStrings = ["four"] });
        var token = run.Submit(Request(grammar) with { StopTokens = [tokens[^1]], IgnoreStopTokens = false });
        run.Finish();
        Assert.Equal((FinishReason.Length, tokens.Length - 2), (limited.Output.Finish, limited.Output.Count));
        Assert.Equal(tokens[..^2], limited.Output.Tokens.ToArray());
        Assert.Equal(FinishReason.Stop, stopped.Output.Finish);
        Assert.Equal("one two three ".Length, stopped.Output.StopAtByte);
        Assert.Equal(FinishReason.Stop, token.Output.Finish);
        Assert.True(token.ForcedTokens < tokens.Length);
    }

    [Fact]
    public void WhereEveryTokensLogitsAreWanted_NothingIsForced()
    {
        using var run = Run();
        var request = Request(Compile(run, Grammar.FromRegex("one two three")));
        Assert.Equal(0, Forced(request with { WantReceipt = true }));
        Assert.Equal(0, Forced(request with { TopLogprobs = 2 }));
        Assert.Equal(0, Forced(request with { JumpForward = false }));
        Assert.Equal(0, Forced(request with { Sampling = new SamplingOptions { LogitBias = new Dictionary<int, float> { [1] = 1 } } }));
        Assert.NotEqual(0, Forced(request));

        int Forced(GenerationRequest asked)
        {
            var sequence = run.Submit(asked);
            run.Finish();
            Assert.Equal("one two three", Decode(run, sequence));
            return sequence.ForcedTokens;
        }
    }

    private LoopRun Run(EngineOptions? options = null) => new(options ?? _options, 24, model.Path);

    private static GenerationRequest Request(CompiledGrammar grammar) =>
        new() { Prompt = TinyModel.Tokens(10, 1), MaxTokens = 100, Grammar = grammar };

    private static CompiledGrammar Compile(LoopRun run, Grammar grammar) =>
        CompiledGrammar.Compile(grammar, Vocabularies.Of(run.Model.File.Tokenizer!, run.Model.Config.VocabSize));

    private static string Decode(LoopRun run, Sequence sequence) => run.Model.File.Tokenizer!.Decode(sequence.Output.Tokens);

    private static string Escape(string text) => System.Text.RegularExpressions.Regex.Replace(text, @"[\\{}\[\]|.*+?()^$]", @"\$0");
}
