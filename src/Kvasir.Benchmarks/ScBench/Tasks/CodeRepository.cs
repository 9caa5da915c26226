using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>Generated functions in files, each with a description that says what it does and not how it is called.</summary>
internal sealed partial class CodeRepository
{
    private const int Operations = 3;
    private const int FunctionsPerFile = 5;

    private CodeRepository(IReadOnlyList<(string Source, string Description)> functions) => Functions = functions;

    /// <summary>The functions in their order; no two do the same.</summary>
    public IReadOnlyList<(string Source, string Description)> Functions { get; }

    public static CodeRepository Create(ScDraws draws, int functions)
    {
        var made = new List<(string, string)>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        while (made.Count < functions)
        {
            var steps = draws.Shuffled(CodeOperation.All).Take(Operations).Select(operation => (Operation: operation, Number: draws.Number(2, 100))).ToArray();
            var description = Describe(steps.Select(step => Fill(step.Operation.Words, step.Number)));
            if (!known.Add(description))
                continue;
            var name = draws.Unused(() => $"{draws.Word()}_{draws.Word()}");
            var source = $"def {name}(values):\n" + string.Concat(steps.Select(step => $"    {Fill(step.Operation.Code, step.Number)}\n")) + "    return values";
            made.Add((source, description));
        }

        return new CodeRepository(made);
    }

    /// <summary>The repository's text; <paramref name="between"/> may put a line behind a function.</summary>
    public string Text(ScDraws draws, Func<int, string?>? between = null)
    {
        var text = new StringBuilder();
        for (var i = 0; i < Functions.Count; i++)
        {
            if (i % FunctionsPerFile == 0)
                text.Append("# file: ").Append(draws.Word()).Append('/').Append(draws.Word()).Append(".py\n\n");
            text.Append(Functions[i].Source).Append("\n\n");
            if (between?.Invoke(i) is { } line)
                text.Append(line).Append("\n\n");
        }

        return text.ToString().TrimEnd();
    }

    /// <summary>A question for a function.</summary>
    public ScTurn Turn(int function, ScForm form) => new()
    {
        Question = $"Find the function that does the following and write it out: {Functions[function].Description}",
        Golden = Functions[function].Source,
        Accepted = [Functions[function].Source],
        Score = ScScore.Function,
        MaxTokens = form == ScForm.Full ? 1024 : 160,
        Needles = [.. Functions.Select(other => other.Source)],
    };

    /// <summary>The function whose lines do what a question says.</summary>
    public static string Find(string context, string question)
    {
        var found = Sources().Matches(context).Select(match => match.Value.TrimEnd())
            .Where(source => question.Contains(Describe(source.Split('\n')[1..^1].Select(Read)), StringComparison.Ordinal))
            .ToArray();
        return found is [var one] ? one : throw new InvalidDataException($"{found.Length} functions do it: {question}");
    }

    private static string Describe(IEnumerable<string> steps) =>
        $"It takes a list of integers and returns a list of integers. Procedure: it {string.Join(", then it ", steps)}.";

    /// <summary>What a line of code does, in words.</summary>
    private static string Read(string line)
    {
        var number = Number().Match(line).Value;
        var operation = CodeOperation.All.FirstOrDefault(operation => Fill(operation.Code, number) == line.Trim())
            ?? throw new InvalidDataException($"a line of code is unknown: {line}");
        return Fill(operation.Words, number);
    }

    private static string Fill(string format, string number) => string.Format(CultureInfo.InvariantCulture, format, number);

    [GeneratedRegex("^def \\w+\\(values\\):\\n(    .*\\n)*    return values$", RegexOptions.Multiline)]
    private static partial Regex Sources();

    [GeneratedRegex("\\d+")]
    private static partial Regex Number();
}
