using Kvasir.Benchmarks.ScBench.Scoring;
using Kvasir.Benchmarks.ScBench.Tasks;
using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.Tests.ScBench;

public class TaskTests
{
    private const int Seeds = 5;

    public static TheoryData<string, ScForm> Tasks
    {
        get
        {
            var data = new TheoryData<string, ScForm>();
            foreach (var name in ScTasks.Names)
            {
                data.Add(name, ScForm.Small);
                data.Add(name, ScForm.Full);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void TheSolver_GetsEverythingRight_FromTheTextAlone(string name, ScForm form)
    {
        var task = Find(name, form);
        for (var seed = 0; seed < Seeds; seed++)
        {
            foreach (var size in (int[])[task.LeastSize, 60, 200])
            {
                var session = task.Create(new ScDraws(seed), Math.Max(size, task.LeastSize));
                foreach (var turn in session.Turns)
                {
                    var answer = task.Solve(session.Context, turn.Question);
                    Assert.True(ScScorer.Score(turn, answer) == 1, $"seed {seed}, size {size}: '{turn.Question}' was answered '{answer}', not '{turn.Golden}'");
                    Assert.Equal(1, ScScorer.Score(turn, turn.Golden));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void SessionsOfASeed_AreTheSame_AndOthersForAnotherSeed(string name, ScForm form)
    {
        var task = Find(name, form);
        var size = Math.Max(40, task.LeastSize);
        var one = task.Create(new ScDraws(3), size);
        var same = task.Create(new ScDraws(3), size);
        Assert.Equal(one.Prefix, same.Prefix);
        Assert.Equal(one.Turns.Select(turn => (turn.Question, turn.Golden)), same.Turns.Select(turn => (turn.Question, turn.Golden)));
        Assert.NotEqual(one.Context, task.Create(new ScDraws(4), size).Context);
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void ASessionHasFiveTurnsOrMore_EightWhenMixed_AndAsksNothingTwice(string name, ScForm form)
    {
        var task = Find(name, form);
        for (var seed = 0; seed < Seeds; seed++)
        {
            var session = task.Create(new ScDraws(seed), Math.Max(30, task.LeastSize));
            Assert.True(session.Turns.Count >= (task.Capability == "mixed" ? 8 : 5));
            Assert.Equal(session.Turns.Count, session.Turns.Select(turn => turn.Question).Distinct().Count());
            Assert.DoesNotContain(session.Turns, turn => session.Instruction.Contains(turn.Golden, StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void TheAnswerToAnotherQuestion_IsWrong(string name, ScForm form)
    {
        var task = Find(name, form);
        var session = task.Create(new ScDraws(1), Math.Max(60, task.LeastSize));
        var wrong = 0;
        foreach (var turn in session.Turns)
            wrong += session.Turns.Count(other => other.Part == turn.Part && other.Golden != turn.Golden && ScScorer.Score(turn, other.Golden) < 1);
        Assert.Equal(session.Turns.Sum(turn => session.Turns.Count(other => other.Part == turn.Part && other.Golden != turn.Golden)), wrong);
        Assert.True(wrong > 0);
    }

    [Fact]
    public void QuestionsOfStrings_HaveOthersThatShareOneEnd()
    {
        foreach (var form in Enum.GetValues<ScForm>())
        {
            var session = new PrefixSuffixTask(form).Create(new ScDraws(2), 100);
            var lines = session.Context.Split('\n');
            foreach (var turn in session.Turns)
            {
                var ends = turn.Question.Split('"');
                Assert.Equal(form == ScForm.Full, lines.Count(line => line.StartsWith(ends[1], StringComparison.Ordinal)) > 1);
                Assert.True(lines.Count(line => line.EndsWith(ends[3], StringComparison.Ordinal)) > 1);
            }
        }
    }

    [Fact]
    public void KeysThatAreAskedFor_LieInDifferentFifthsOfTheContext()
    {
        var session = new KvTask(ScForm.Full).Create(new ScDraws(7), 100);
        var places = session.Turns.Select(turn => session.Context.IndexOf(turn.Golden, StringComparison.Ordinal) * 5 / session.Context.Length);
        Assert.Equal([0, 1, 2, 3, 4], places.Order());
    }

    [Fact]
    public void ASolver_RefusesAContextWithTwoAnswers()
    {
        var task = new KvTask(ScForm.Small);
        Assert.Throws<InvalidDataException>(() => task.Solve("{\"a\": \"1\", \"a\": \"2\"}", "What is the value for key \"a\"?"));
        Assert.Throws<InvalidDataException>(() => task.Solve("{\"a\": \"1\"}", "What is the value for key \"b\"?"));
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void AFittedSession_FillsItsLength_AndNeverExceedsIt(string name, ScForm form)
    {
        var task = Find(name, form);
        foreach (var tokens in (int[])[1000, 3000])
        {
            // Words and single signs are counted here in place of a model's tokens; a Chinese character counts as one.
            if (Count(task.Create(new ScDraws(5), task.LeastSize).Prefix) > tokens)
                continue;
            var length = Count(ScFitter.Fit(task, 5, tokens, Count).Prefix);
            Assert.True(length <= tokens, $"{length} of {tokens}");
            Assert.True(length >= 0.85 * tokens, $"{length} of {tokens}");
        }
    }

    [Fact]
    public void ALengthThatIsTooShort_IsRefused() =>
        Assert.Throws<ArgumentException>(() => ScFitter.Fit(new ManyShotTask(ScForm.Small), 1, 20, Count));

    private static IScTask Find(string name, ScForm form) => ScTasks.Of(form).First(task => task.Name == name);

    private static int Count(string text) => text.Aggregate((Tokens: 0, InWord: false), (state, character) =>
        char.IsAsciiLetterOrDigit(character) ? (state.Tokens + (state.InWord ? 0 : 1), true) : (state.Tokens + (character == ' ' ? 0 : 1), false)).Tokens;
}
