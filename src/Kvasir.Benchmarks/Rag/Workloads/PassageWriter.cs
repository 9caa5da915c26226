namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>Writes passages about invented entities; no entity comes twice.</summary>
internal sealed class PassageWriter(TextDraws draws)
{
    private const int LeastFacts = 2;
    private const int MostFacts = 4;

    /// <summary>A passage whose every sentence names its entity.</summary>
    /// <param name="form">The kind of entity.</param>
    /// <param name="name">Its name; an unused one when null.</param>
    /// <param name="mustTell">A relation that it must tell; null when any will do.</param>
    public Passage Write(EntityForm form, string? name = null, string? mustTell = null)
    {
        name ??= draws.Unused(() => form.Draw(draws));
        var facts = draws.Shuffled(form.Facts);
        var first = Array.FindIndex(facts, fact => fact.Relation == mustTell);
        if (first > 0)
            (facts[0], facts[first]) = (facts[first], facts[0]);
        var told = new List<string>();
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var questions = new List<RagQuestion>();
        var described = form.Described.Replace("{n}", name, StringComparison.Ordinal);
        foreach (var fact in facts.Take(draws.Random.Next(LeastFacts, MostFacts + 1)))
        {
            var value = IsLink(form, fact) ? draws.Unused(() => fact.Draw(draws)) : fact.Draw(draws);
            values.Add(fact.Relation, value);
            told.Add(Fill(draws.Of(fact.Sentences), name, value));
            questions.Add(new RagQuestion(Ask(fact, described), [value], RagKind.OneHop));
        }

        return new Passage(form, name, "", string.Join(' ', draws.Shuffled(told)), values, questions);
    }

    /// <summary>A passage of any kind whose every sentence names its entity.</summary>
    public Passage WriteAny() => Write(EntityForms.All[draws.Random.Next(EntityForms.All.Length)]);

    /// <summary>A passage that names its entity in one sentence only, which is meant to be cut off from the others.</summary>
    /// <param name="leastFacts">Tells everything about an entity of which there is so much to tell; a few facts of any when null.</param>
    /// <returns>The passage; its questions are in the order of its sentences.</returns>
    public Passage WriteCut(int? leastFacts = null)
    {
        var forms = leastFacts is { } least ? [.. CutForms.All.Where(form => form.Facts.Length >= least)] : CutForms.All;
        var form = forms[draws.Random.Next(forms.Length)];
        var name = draws.Unused(() => form.Draw(draws));
        var she = draws.Random.Next(2) == 0;
        var naming = Fill(draws.Of(form.First), name, "")
            .Replace("{c}", draws.Name(), StringComparison.Ordinal)
            .Replace("{j}", draws.Of(WordLists.Jobs), StringComparison.Ordinal)
            .Replace("{g}", draws.Of(WordLists.Nouns) + "s", StringComparison.Ordinal)
            .Replace("{z}", draws.Of(["bird", "frog", "beetle", "fox", "lizard", "mouse", "crab"]), StringComparison.Ordinal);
        var told = new List<string>();
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var questions = new List<RagQuestion>();
        foreach (var fact in draws.Shuffled(form.Facts).Take(leastFacts is null ? draws.Random.Next(1, MostFacts) : form.Facts.Length))
        {
            var value = fact.Draw(draws);
            values.Add(fact.Relation, value);
            told.Add(Fill(draws.Of(fact.Sentences), name, value)
                .Replace("{He}", she ? "She" : "He", StringComparison.Ordinal)
                .Replace("{His}", she ? "Her" : "His", StringComparison.Ordinal));
            questions.Add(new RagQuestion(Fill(draws.Of(fact.Questions), name, value), [value], RagKind.CrossChunk));
        }

        return new Passage(null, name, naming, string.Join(' ', told), values, questions);
    }

    /// <summary>Two passages, the first of which names the subject of the second, and a question that needs both.</summary>
    public (Passage First, Passage Second, RagQuestion Question) WriteLinked()
    {
        var (from, relation, to, descriptions) = EntityForms.Links[draws.Random.Next(EntityForms.Links.Length)];
        var first = Write(from, mustTell: relation);
        var second = Write(to, first.Values[relation]);
        var asked = draws.Of([.. second.Values.Keys]);
        var fact = to.Facts.First(fact => fact.Relation == asked);
        var described = draws.Of(descriptions).Replace("{n}", first.Name, StringComparison.Ordinal);
        return (first, second, new RagQuestion(Ask(fact, described), [second.Values[fact.Relation]], RagKind.TwoHop));
    }

    /// <summary>Whether the value may get a passage of its own, which must be the only one of its name.</summary>
    private static bool IsLink(EntityForm form, FactForm fact) => EntityForms.Links.Any(link => link.From == form && link.Relation == fact.Relation);

    private string Ask(FactForm fact, string described) => draws.Of(fact.Questions).Replace("{d}", described, StringComparison.Ordinal);

    private static string Fill(string form, string name, string value) =>
        form.Replace("{n}", name, StringComparison.Ordinal).Replace("{v}", value, StringComparison.Ordinal);
}
