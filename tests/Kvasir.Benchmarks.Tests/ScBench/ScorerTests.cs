using Kvasir.Benchmarks.ScBench.Scoring;
using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.Tests.ScBench;

public class ScorerTests
{
    private const string Asked = "def one(values):\n    values = [value + 3 for value in values]\n    values = values[7:]\n    return values";
    private const string Other = "def two(values):\n    values = [value * 9 for value in values]\n    values = values[:4]\n    return values";

    [Theory]
    [InlineData(nameof(ScScore.Substring), "apple", "It is an apple.", 1)]
    [InlineData(nameof(ScScore.Substring), "apple", "It is an Apple.", 0)]
    [InlineData(nameof(ScScore.SubstringUpper), "New York", "in new york city", 1)]
    [InlineData(nameof(ScScore.SubstringUpper), "New York", "in York", 0)]
    [InlineData(nameof(ScScore.NameShare), "ABC|DEF|GHI|JKL", "abc, xyz, DEF", 0.5)]
    [InlineData(nameof(ScScore.Letter), "B", "B. Paris", 1)]
    [InlineData(nameof(ScScore.Letter), "B", "B", 1)]
    [InlineData(nameof(ScScore.Letter), "B", "The answer is (B).", 1)]
    [InlineData(nameof(ScScore.Letter), "A", "A good answer is B", 0)]
    [InlineData(nameof(ScScore.Letter), "C", "I choose C", 1)]
    [InlineData(nameof(ScScore.Letter), "A", "no idea", 0)]
    [InlineData(nameof(ScScore.Number), "42", "It is 42, not 41.", 1)]
    [InlineData(nameof(ScScore.Number), "42", "Not 41 but 42", 0)]
    [InlineData(nameof(ScScore.Number), "42", "42.0", 1)]
    [InlineData(nameof(ScScore.Number), "42", "none", 0)]
    [InlineData(nameof(ScScore.Option), "(B)", "The label is (B)", 1)]
    [InlineData(nameof(ScScore.Option), "(A)", "(B)", 0)]
    [InlineData(nameof(ScScore.Option), "apple", "pineapple", 0)]
    [InlineData(nameof(ScScore.CharacterF1), "北京", "北京。", 1)]
    [InlineData(nameof(ScScore.CharacterF1), "北京", "他住在北京", 0.571428571428571)]
    [InlineData(nameof(ScScore.CharacterF1), "北京", "上海", 0)]
    public void AnAnswerIsJudged_AsTheTaskSays(string score, string accepted, string answer, double expected)
    {
        var turn = new ScTurn { Question = "?", Golden = accepted, Accepted = accepted.Split('|'), Score = Enum.Parse<ScScore>(score), MaxTokens = 1 };
        Assert.Equal(expected, ScScorer.Score(turn, answer), 12);
    }

    // Values computed by another program from the definition (Papineni et al. 2002; Chen and Cherry 2014, smoothing 4).
    [Theory]
    [InlineData("the cat sat on the mat", "the cat sat on the mat", 1)]
    [InlineData("the cat sat on the mat", "the cat sat on a mat", 0.5372849659)]
    [InlineData("the cat sat on the mat", "a cat lay on the mat today", 0.2074834071)]
    [InlineData("def f(x): return x + 1", "def f(x): return x - 1", 0.5372849659)]
    [InlineData("a b c d e f g h", "a x b y", 0.0267011092)]
    [InlineData("a b c", "x y z", 0)]
    [InlineData("a b c", "", 0)]
    public void Bleu_IsThatOfTheDefinition(string reference, string candidate, double expected) =>
        Assert.Equal(expected, Bleu.Score(reference, candidate), 9);

    // By hand: hits over the words of both sides, each word counted as often as it stands there.
    [Theory]
    [InlineData("the cat sat", "the cat sat", 1)]
    [InlineData("the cat sat", "the dog sat", 2.0 / 3)]
    [InlineData("a b c d e", "c d e a b", 0.6)]
    [InlineData("a b c d e", "c d e\na b", 1)]
    [InlineData("The Cat!\nA dog", "the cat, a DOG", 1)]
    [InlineData("a b\nc d", "a c", 2.0 / 3)]
    [InlineData("a a b", "a", 0.5)]
    [InlineData("a", "", 0)]
    public void RougeLsum_TakesTheUnionOverLines(string reference, string candidate, double expected) =>
        Assert.Equal(expected, RougeLsum.Score(reference, candidate), 12);

    [Fact]
    public void AFunctionPasses_WhenItIsNearestToTheAskedOneAndNearEnough()
    {
        Assert.True(FunctionMatch.Passes($"Here it is:\n```python\n{Asked}\n```\nand so on", Asked, [Asked, Other]));
        Assert.True(FunctionMatch.Passes(Asked, Asked, [Asked, Other]));
        Assert.False(FunctionMatch.Passes(Other, Asked, [Asked, Other]));
        Assert.False(FunctionMatch.Passes("def one(values):\n    return values", Asked, [Asked, Other]));
        Assert.False(FunctionMatch.Passes(Asked, Asked, [Asked, Other, Asked + " "]));
    }

    [Theory]
    [InlineData("def f():\n    return 1\n\ndef g():\n    return 2", "def f():\n    return 1")]
    [InlineData("text\n```py\ndef f():\n    return 1\nprint(f())\n```", "def f():\n    return 1")]
    [InlineData("```\ndef f():\n    return 1", "def f():\n    return 1")]
    [InlineData("nothing", "nothing")]
    public void TheFirstFunctionIsCutOut(string answer, string function) => Assert.Equal(function, FunctionMatch.Cut(answer));
}
