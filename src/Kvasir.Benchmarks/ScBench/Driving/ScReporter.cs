using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.ScBench.State;
using Kvasir.Benchmarks.ScBench.Workloads;
using Kvasir.Benchmarks.Sessions;

namespace Kvasir.Benchmarks.ScBench.Driving;

/// <summary>Makes means, the validity of cells and figures out of units.</summary>
internal static class ScReporter
{
    private const double SmallBudget = 0.125;

    public static ScReport Report(IReadOnlyList<ScUnit> units, IReadOnlyList<IScTask> tasks, CostMeter meter, bool interrupted)
    {
        var rows = Rows(units, tasks);
        return new ScReport(rows, Costs(units), [.. Checks(units, rows, meter)], interrupted);
    }

    private static ScRow[] Rows(IReadOnlyList<ScUnit> units, IReadOnlyList<IScTask> tasks)
    {
        var valid = Valid(units, tasks);
        var rows = new List<ScRow>();
        foreach (var cell in units.GroupBy(unit => unit.Key with { Session = 0 }))
        {
            var bytes = cell.Average(unit => (double)unit.Bytes);
            foreach (var part in cell.First().Turns.Select(turn => turn.Part).Distinct())
            {
                var name = Name(cell.Key.Task, part);
                var scores = cell.Select(unit => Scores(unit, part)).ToArray();
                Add(0, scores.Average(session => session.Average(turn => turn.Score)));
                foreach (var (turn, index) in scores[0].Select((turn, index) => (turn.Turn, index)))
                    Add(turn, scores.Average(session => session[index].Score));

                void Add(int turn, double score) => rows.Add(new ScRow(
                    name, cell.Key.Length, ScModes.Name(cell.Key.Mode), turn, cell.Key.Policy, cell.Key.Budget, bytes, score, scores.Length, valid.TryGetValue((name, cell.Key.Length), out var known) ? known : null));
            }
        }

        return [.. rows];
    }

    /// <summary>Whether the whole cache reaches the task's bar at the first turn; missing where it was not run.</summary>
    private static Dictionary<(string Task, int Length), bool> Valid(IReadOnlyList<ScUnit> units, IReadOnlyList<IScTask> tasks)
    {
        var valid = new Dictionary<(string, int), bool>();
        foreach (var task in units.Where(unit => unit.Key.Policy == KvMethods.Full).GroupBy(unit => (unit.Key.Task, unit.Key.Length)))
        {
            // The first turn is the same question in every mode; a conversation has its context and question in one piece.
            var first = task.GroupBy(unit => unit.Key.Mode).MinBy(mode => mode.Key)!.ToArray();
            var made = tasks.First(known => known.Name == task.Key.Task);
            foreach (var part in first[0].Turns.Select(turn => turn.Part).Distinct())
                valid[(Name(task.Key.Task, part), task.Key.Length)] = first.Average(unit => Scores(unit, part)[0].Score) >= made.Bar(part);
        }

        return valid;
    }

    private static (int Turn, double Score)[] Scores(ScUnit unit, string part) =>
        [.. unit.Turns.Select((turn, index) => (Turn: index + 1, turn.Score, turn.Part)).Where(turn => turn.Part == part).Select(turn => (turn.Turn, turn.Score))];

    private static string Name(string task, string part) => part.Length == 0 ? task : $"{task}.{part}";

    private static ScCost[] Costs(IReadOnlyList<ScUnit> units) =>
        [.. units.GroupBy(unit => (unit.Key.Mode, unit.Key.Policy, unit.Key.Budget)).Select(group => new ScCost(
            ScModes.Name(group.Key.Mode),
            group.Key.Policy,
            group.Key.Budget,
            group.Average(unit => unit.Costs.PrefillFlops),
            group.Average(unit => unit.Costs.WrittenBytes),
            group.Average(unit => unit.Costs.FoundBytes),
            group.Average(unit => unit.Costs.ReadBytesPerStep)))];

    private static IEnumerable<Check> Checks(IReadOnlyList<ScUnit> units, IReadOnlyList<ScRow> rows, CostMeter meter)
    {
        var cells = rows.Where(row => row is { Valid: not null, Turn: 0 }).DistinctBy(row => (row.Task, row.Length)).ToArray();
        if (cells.Length > 0)
            yield return new Check("valid.cells", cells.Count(row => row.Valid == true), double.NaN, double.NaN, "cells", cells.Length, "tasks and lengths that the model can do with its whole cache");
        var both = units.Where(unit => unit.Key.Policy == KvMethods.Full)
            .Join(units.Where(unit => unit.Key.Policy == KvMethods.Fresh), unit => unit.Key with { Policy = "" }, unit => unit.Key with { Policy = "" }, (full, fresh) => (full, fresh))
            .SelectMany(pair => pair.full.Turns.Zip(pair.fresh.Turns)).ToArray();
        if (both.Length > 0)
            yield return new Check("reuse.sameTokens", both.Average(turn => turn.First.Digest == turn.Second.Digest ? 1.0 : 0), double.NaN, double.NaN, "share", 1, $"{both.Length} answers from a frozen cache, against computing everything afresh");
        foreach (var (name, (expected, counted)) in ((string, (double, double))[])[("bytesWritten", meter.Written), ("bytesFound", meter.Found), ("tokensSampled", meter.Sampled)])
        {
            if (counted > 0)
                yield return new Check($"cost.{name}", expected / counted, double.NaN, double.NaN, "of counted", 1, "from the shapes, over what the engine counted in this run; wanted: within 2 %");
        }

        foreach (var method in units.GroupBy(unit => (unit.Key.Policy, unit.Key.Budget, unit.Key.Length)).Where(method => method.Key.Policy == KvMethods.Full || method.Key.Budget <= SmallBudget))
        {
            var name = FormattableString.Invariant($"{method.Key.Policy}@{method.Key.Budget:0.####}/{method.Key.Length}");
            var turns = method.Where(unit => unit.Key is { Task: "kv", Mode: ScMode.MultiTurn }).ToArray();
            if (turns.Length == 0)
                continue;
            var loss = Interval.Of([.. turns.Select(unit => 100 * (unit.Turns[0].Score - unit.Turns.Skip(1).Average(turn => turn.Score)))]);
            yield return new Check($"kv.turnLoss.{name}", loss.Mean, loss.Low, loss.High, "points", method.Key.Policy == KvMethods.Full ? 2 : 30, "first turn minus the later ones");
            var requests = method.Where(unit => unit.Key is { Task: "kv", Mode: ScMode.MultiRequest }).ToArray();
            if (requests.Length > 0)
                yield return new Check($"kv.modeGap.{name}", 100 * (turns.Average(unit => unit.Turns[0].Score) - requests.Average(unit => unit.Turns.Average(turn => turn.Score))), double.NaN, double.NaN, "points", null, "first turn of conversations minus all requests that the cache was not compressed for");
        }
    }
}
