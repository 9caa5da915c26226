using System.Text.Json;
using Kvasir.Benchmarks.Schemas;

namespace Kvasir.Grammars.Tests.Schemas;

public sealed class RandomSchemaTests
{
    private const int Schemas = 400;

    [Fact]
    public void WhateverAModelSays_ItIsValid()
    {
        var refused = new List<string>();
        var documents = 0;
        var endless = 0;
        for (var seed = 0; seed < Schemas; seed++)
        {
            var text = RandomSchemas.Create(seed).ToJsonString();
            CompiledGrammar grammar;
            try
            {
                using var schema = JsonDocument.Parse(text);
                grammar = CompiledGrammar.Compile(Grammar.FromJsonSchema(schema.RootElement), RandomWriter.Vocabulary);
            }
            catch (GrammarException error)
            {
                refused.Add($"{seed}: {error.Message}");
                continue;
            }

            var validator = new SchemaValidator(text);
            var random = new Random(seed);
            for (var i = 0; i < 4; i++)
            {
                if (RandomWriter.Write(grammar, random, 5 + (i * 15), 1500) is not { } json)
                {
                    endless++;
                    continue;
                }

                documents++;
                if (SchemaValidator.CountsOtherwise(json))
                    continue;
                Assert.True(validator.IsValid(json), $"seed {seed}: {json}\nis not valid under\n{text}");
            }
        }

        Assert.True(refused.Count <= Schemas / 10, $"{refused.Count} of {Schemas} schemas were refused:\n{string.Join('\n', refused)}");
        Assert.True(documents >= 3 * (Schemas - refused.Count), $"only {documents} documents, {endless} did not end");
    }

    [Fact]
    public void TheMasksOfSchemasHoldExactlyWhatIsAccepted()
    {
        var vocabulary = RandomWriter.Vocabulary;
        var mask = new uint[vocabulary.MaskWords];
        for (var seed = 0; seed < 60; seed++)
        {
            var grammar = CompiledGrammar.Compile(Read.Schema(RandomSchemas.Create(seed).ToJsonString()), vocabulary);
            var random = new Random(seed);
            var matcher = grammar.CreateMatcher();
            for (var step = 0; step < 60 && !matcher.IsFinished; step++)
            {
                matcher.FillMask(mask);
                var allowed = Enumerable.Range(0, vocabulary.Size).Where(token => matcher.Clone().TryAccept(token)).ToArray();
                var masked = Enumerable.Range(0, vocabulary.Size).Where(token => (mask[token >> 5] >> (token & 31) & 1) != 0).ToArray();
                Assert.True(allowed.SequenceEqual(masked), $"seed {seed}, step {step}");
                matcher.TryAccept(allowed[random.Next(allowed.Length)]);
            }
        }
    }
}
