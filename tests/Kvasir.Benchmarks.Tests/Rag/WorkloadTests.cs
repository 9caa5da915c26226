using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.Engine;

namespace Kvasir.Benchmarks.Tests.Rag;

public class WorkloadTests
{
    private static readonly KvasirEngine Engine = KvasirEngine.Load(RepositoryFile.Find("models", "kvasir-mini.gguf"), new EngineOptions { KvBudgetBytes = 16 << 20, Threads = 1 });
    private static readonly PromptFrame Frame = PromptFrame.Of(Engine);

    public static TheoryData<RagKind> Kinds => [.. Enum.GetValues<RagKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void PromptsOfASeed_AreTheSame_AndOthersForAnotherSeed(RagKind kind)
    {
        var one = QuestionWorkload.Create(Frame, kind, 5, 3, 300);
        var same = QuestionWorkload.Create(Frame, kind, 5, 3, 300);
        var other = QuestionWorkload.Create(Frame, kind, 6, 3, 300);
        for (var i = 0; i < one.Count; i++)
        {
            Assert.Equal(one[i].Tokens, same[i].Tokens);
            Assert.NotEqual(one[i].Tokens, other[i].Tokens);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void PartsLieOneBehindTheOther_AndTheChatFormatAroundThem(RagKind kind)
    {
        foreach (var prompt in QuestionWorkload.Create(Frame, kind, 1, 4, 400))
        {
            AssertParts(prompt);
            Assert.Equal(6, prompt.Parts.Count);
            Assert.Equal(Frame.Head, prompt.Tokens[..Frame.Head.Length]);
            Assert.Equal(Frame.Tail, prompt.Tokens[^Frame.Tail.Length..]);
            Assert.Equal(Frame.Head.Length, prompt.Parts[0].Start);
            Assert.EndsWith(prompt.Question, Text(prompt.Tokens[..^Frame.Tail.Length]), StringComparison.Ordinal);
            Assert.Equal(QuestionWorkload.DialogueTokens, prompt.Dialogue!.Length);
            Assert.StartsWith(prompt.Accepted[0], Engine.Tokenizer!.Decode(prompt.Dialogue), StringComparison.Ordinal);
            Assert.InRange(prompt.PartTokens, 400, 700);
        }
    }

    [Fact]
    public void AReferenceAcrossABorder_HasItsSubjectAtTheEndOfTheChunkBeforeTheAnswer()
    {
        foreach (var prompt in QuestionWorkload.Create(Frame, RagKind.CrossChunk, 3, 20, 300))
        {
            var texts = prompt.Parts.Select(part => Text(prompt.Tokens[part.Start..part.End])).ToArray();
            Assert.Contains(
                Enumerable.Range(1, texts.Length - 1),
                i => texts[i].Contains(prompt.Accepted[0], StringComparison.Ordinal) && !Names(texts[i], prompt.Question) && Names(texts[i - 1], prompt.Question));
        }
    }

    [Fact]
    public void AReferenceInsideAChunk_StandsBehindWhatAThirdOfItsRowsWouldRepair()
    {
        foreach (var prompt in QuestionWorkload.Create(Frame, RagKind.CrossChunkInside, 3, 20, 500))
        {
            var texts = prompt.Parts.Select(part => Text(prompt.Tokens[part.Start..part.End])).ToArray();
            var at = Enumerable.Range(1, texts.Length - 1).First(
                i => texts[i].Contains(prompt.Accepted[0], StringComparison.Ordinal) && !Names(texts[i], prompt.Question) && Names(texts[i - 1], prompt.Question));
            var before = Frame.Encode(texts[at][..texts[at].IndexOf(prompt.Accepted[0], StringComparison.Ordinal)]).Length;
            Assert.True(before > 0.3 * prompt.Parts[at].Length, $"{before} of {prompt.Parts[at].Length} tokens stand before the answer");
        }
    }

    [Fact]
    public void ATwoHopAnswer_StandsInAChunkThatTheQuestionDoesNotName()
    {
        foreach (var prompt in QuestionWorkload.Create(Frame, RagKind.TwoHop, 3, 20, 300))
        {
            var texts = prompt.Parts.Select(part => Text(prompt.Tokens[part.Start..part.End])).ToArray();
            Assert.Contains(texts, text => text.Contains(prompt.Accepted[0], StringComparison.Ordinal) && !Names(text, prompt.Question));
            Assert.Contains(texts, text => Names(text, prompt.Question));
        }
    }

    [Fact]
    public void OnATrace_TheTopTwentiethOfTheChunksTakesAboutSixTenthsOfTheDraws()
    {
        var trace = ZipfTrace.Create(Frame, 1, 200, 2000, 8, 16);
        var draws = trace.SelectMany(prompt => prompt.Parts).GroupBy(part => part.Chunk).Select(group => group.Count()).OrderDescending().ToArray();
        var share = (double)draws.Take(10).Sum() / draws.Sum();
        Assert.InRange(share, 0.55, 0.65);
        Assert.All(trace, prompt => Assert.Equal(ZipfTrace.Retrieved, prompt.Parts.Select(part => part.Chunk).Distinct().Count()));
        Assert.All(trace, AssertParts);
    }

    [Fact]
    public void EqualChunks_AreEqualTokens_WhereverTheyStand()
    {
        IReadOnlyList<RagPrompt>[] traces =
        [
            ZipfTrace.Create(Frame, 2, 20, 40, 30, 60), TemplateTrace.Create(Frame, 2, 8, 20, 60), ShuffleTrace.Create(Frame, 2, 20, 30),
        ];
        foreach (var trace in traces)
        {
            var known = new Dictionary<int, int[]>();
            foreach (var prompt in trace)
            {
                AssertParts(prompt);
                foreach (var part in prompt.Parts)
                {
                    var tokens = prompt.Tokens[part.Start..part.End];
                    if (!known.TryAdd(part.Chunk, tokens))
                        Assert.Equal(known[part.Chunk], tokens);
                }
            }
        }
    }

    [Fact]
    public void BlocksOfTemplates_NeverComeTwiceAtTheSamePlaceOfTheGrid_WhileThereIsAnother()
    {
        var trace = TemplateTrace.Create(Frame, 4, 8, 24, 60);
        foreach (var block in trace.SelectMany(prompt => prompt.Parts).GroupBy(part => part.Chunk))
        {
            var offsets = block.Take(16).Select(part => part.Start % 16).ToArray();
            Assert.Equal(offsets.Length, offsets.Distinct().Count());
        }
    }

    [Fact]
    public void Shuffles_HoldAllDocuments()
    {
        foreach (var prompt in ShuffleTrace.Create(Frame, 3, 10, 30))
            Assert.Equal(Enumerable.Range(0, ShuffleTrace.Documents), prompt.Parts.Select(part => part.Chunk).Order());
    }

    [Theory]
    [InlineData(600)]
    [InlineData(2048)]
    public void ALongPrompt_HasExactlyTheTokensAskedFor(int tokens)
    {
        var prompt = LongPrompts.Create(Frame, 1, tokens);
        Assert.Equal(tokens, prompt.Tokens.Length);
        Assert.Equal(LongPrompts.Chunks, prompt.Parts.Count);
        AssertParts(prompt);
    }

    private static void AssertParts(RagPrompt prompt)
    {
        var end = 0;
        foreach (var part in prompt.Parts)
        {
            Assert.True(part.Start >= end && part.Length > 0 && part.End <= prompt.Tokens.Length);
            end = part.End;
        }
    }

    private static string Text(int[] tokens) => Engine.Tokenizer!.Decode(tokens);

    /// <summary>Whether a text holds the longest name of a question: its words with capitals, the first apart.</summary>
    private static bool Names(string text, string question)
    {
        var words = question.TrimEnd('?').Split(' ').Skip(1).ToArray();
        var names = words.Where(word => char.IsUpper(word[0])).ToArray();
        return names.All(name => text.Contains(name, StringComparison.Ordinal));
    }
}
