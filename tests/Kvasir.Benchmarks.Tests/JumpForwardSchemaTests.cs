using System.Text.Json;
using Kvasir.Benchmarks.Schemas;
using Kvasir.Engine;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.Grammars;

namespace Kvasir.Benchmarks.Tests;

public sealed class JumpForwardSchemaTests(TestModel model) : IClassFixture<TestModel>
{
    private const int Schemas = 120;

    [Fact]
    public async Task AnswersUnderRandomSchemas_AreValid_WithForcedTokensInThem()
    {
        using var engine = KvasirEngine.Load(model.Path, new EngineOptions { Threads = 1 });
        var tokenizer = engine.Tokenizer!;
        var vocabulary = new TokenVocabulary(engine.Config.VocabSize, token => tokenizer.TokenBytes(token).ToArray(), token => !tokenizer.IsSpecial(token));
        int whole = 0, forced = 0, answered = 0;
        for (var seed = 0; seed < Schemas; seed++)
        {
            var schema = RandomSchemas.Create(seed).ToJsonString();
            CompiledGrammar grammar;
            try
            {
                using var document = JsonDocument.Parse(schema);
                grammar = CompiledGrammar.Compile(Grammar.FromJsonSchema(document.RootElement), vocabulary);
            }
            catch (GrammarException)
            {
                continue; // nothing satisfies it, or no grammar can say it
            }

            using var generation = engine.Submit(new GenerationRequest
            {
                Prompt = new[] { 7, 8, seed },
                MaxTokens = 120,
                Grammar = grammar,
                Sampling = new SamplingOptions { Temperature = 1.5f, Seed = (ulong)seed },
            });
            var answer = (await generation.CompleteAsync())[0];
            answered += answer.Tokens.Count;
            forced += answer.Statistics.ForcedTokens;
            var matcher = grammar.CreateMatcher();
            Assert.True(answer.Tokens.All(token => matcher.TryAccept(token)), $"seed {seed}: {answer.Text}\nis not under\n{schema}");
            if (answer.Finish != FinishReason.Stop)
                continue;
            whole++;
            Assert.True(matcher.CanEnd, $"seed {seed}: {answer.Text}");
            Assert.True(
                SchemaValidator.CountsOtherwise(answer.Text) || new SchemaValidator(schema).IsValid(answer.Text),
                $"seed {seed}: {answer.Text}\nis not valid under\n{schema}");
        }

        var status = await engine.GetStatusAsync();
        Assert.Equal(forced, status.ForcedTokens);
        Assert.True(whole > Schemas / 4 && forced > answered / 50, $"{whole} whole answers, {forced} of {answered} tokens forced: the test shows little");
    }
}
