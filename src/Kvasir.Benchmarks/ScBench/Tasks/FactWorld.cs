using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>Invented entities, each with a passage that tells facts about it among sentences that tell nothing.</summary>
internal sealed class FactWorld
{
    private readonly List<(string Entity, FactKind Kind, string Value)> _facts = [];

    private FactWorld(string text) => Text = text;

    /// <summary>All passages.</summary>
    public string Text { get; private set; }

    /// <summary>What is told.</summary>
    public IReadOnlyList<(string Entity, FactKind Kind, string Value)> Facts => _facts;

    /// <summary>Makes a world.</summary>
    /// <param name="draws">Where everything random comes from.</param>
    /// <param name="entities">Entities.</param>
    /// <param name="groups">Relations by kind of entity; one kind is drawn for each entity, and all its relations are told.</param>
    /// <param name="name">Draws a name for an entity of a group.</param>
    /// <param name="filler">Draws a sentence without facts.</param>
    /// <param name="passage">Writes a passage from its number, its entity and its body.</param>
    /// <param name="space">What stands between sentences.</param>
    public static FactWorld Create(
        ScDraws draws, int entities, IReadOnlyList<FactKind[]> groups, Func<int, string> name, Func<string> filler, Func<int, string, string, string> passage, string space)
    {
        var world = new FactWorld("");
        var text = new StringBuilder();
        for (var i = 0; i < entities; i++)
        {
            var group = draws.Random.Next(groups.Count);
            var entity = draws.Unused(() => name(group));
            var sentences = new List<string>();
            foreach (var kind in groups[group])
            {
                var value = draws.Unused(() => kind.Draw(draws));
                world._facts.Add((entity, kind, value));
                sentences.Add(Fill(kind.Told, entity, value));
            }

            sentences.Insert(draws.Random.Next(sentences.Count + 1), filler());
            text.Append(i == 0 ? "" : "\n\n").Append(passage(i + 1, entity, string.Join(space, sentences)));
        }

        world.Text = text.ToString();
        return world;
    }

    /// <summary>So many facts of different entities where there are as many, spread over the text.</summary>
    public IEnumerable<(string Entity, FactKind Kind, string Value)> Choose(ScDraws draws, int count) =>
        draws.Spread(_facts.Count, count).Select(i => _facts[i]);

    /// <summary>The question for a fact.</summary>
    public static string Question((string Entity, FactKind Kind, string Value) fact) => Fill(fact.Kind.Asked, fact.Entity, "");

    /// <summary>The answer that a text gives to a question, by the forms in which facts are told.</summary>
    public static string Find(string context, string question, IEnumerable<FactKind> kinds)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var kind in kinds)
        {
            var asked = Regex.Match(question, Pattern(kind.Asked, "(.+?)", ""));
            if (!asked.Success)
                continue;
            var entity = Regex.Escape(asked.Groups[1].Value);
            foreach (var told in Regex.Matches(context, Pattern(kind.Told, $"(?<![A-Za-z0-9]){entity}", "(.+?)")).Cast<Match>())
                found.Add(told.Groups[1].Value);
        }

        return found.Count == 1 ? found.First() : throw new InvalidDataException($"{found.Count} answers are told: {question}");
    }

    private static string Pattern(string form, string entity, string value) => Fill(Regex.Escape(form).Replace("\\{", "{", StringComparison.Ordinal), entity, value);

    private static string Fill(string form, string entity, string value) => string.Format(CultureInfo.InvariantCulture, form, entity, value);
}
