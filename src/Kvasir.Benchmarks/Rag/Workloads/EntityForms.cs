namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>Invented persons, towns, companies, ships and books, each told in sentences that name it; some facts lead to another entity.</summary>
internal static class EntityForms
{
    public static readonly EntityForm Person = new("person", draws => draws.Person(), "{n}",
    [
        new("birthplace", ["{n} was born in {v}.", "{n} comes from {v}.", "{n} grew up in {v}."], ["Where was {d} born?", "What is the birthplace of {d}?"], draws => draws.Name()),
        new("job", ["{n} is a {v}.", "{n} works as a {v}."], ["What is the profession of {d}?", "What job does {d} have?"], draws => draws.Of(WordLists.Jobs)),
        new("born", ["{n} was born in the year {v}.", "The year of birth of {n} is {v}."], ["In which year was {d} born?"], draws => draws.Year()),
        new("pet", ["{n} has a pet called {v}.", "The pet of {n} is called {v}."], ["What is the pet of {d} called?"], draws => draws.Name()),
        new("phone", ["The phone number of {n} is {v}.", "You can reach {n} at {v}."], ["What is the phone number of {d}?"], draws => draws.Digits(6)),
        new("prize", ["{n} received the {v} Prize.", "The {v} Prize was awarded to {n}."], ["Which prize did {d} receive?"], draws => draws.Name()),
    ]);

    public static readonly EntityForm Place = new("place", draws => draws.Name(), "{n}",
    [
        new("mayor", ["The mayor of {n} is {v}.", "{v} is the mayor of {n}."], ["Who is the mayor of {d}?"], draws => draws.Person()),
        new("river", ["The river {v} flows through {n}.", "{n} lies on the river {v}."], ["Which river flows through {d}?"], draws => draws.Name()),
        new("population", ["{n} has {v} inhabitants.", "The population of {n} is {v}."], ["What is the population of {d}?", "How many people live in {d}?"], draws => draws.Count()),
        new("region", ["{n} is a town in the {v} region.", "{n} lies in the region of {v}."], ["In which region is {d}?"], draws => draws.Name()),
        new("founded", ["{n} was founded in {v}."], ["When was {d} founded?"], draws => draws.Year()),
    ]);

    public static readonly EntityForm Company = new("company", draws => draws.Name() + draws.Of([" Ltd", " Industries", " Group", " Labs", " Works"]), "{n}",
    [
        new("founder", ["{n} was founded by {v}.", "{v} founded {n}."], ["Who founded {d}?"], draws => draws.Person()),
        new("chief", ["The chief executive of {n} is {v}.", "{v} leads {n} as chief executive."], ["Who is the chief executive of {d}?"], draws => draws.Person()),
        new("seat", ["{n} is based in {v}.", "The head office of {n} is in {v}."], ["Where is {d} based?"], draws => draws.Name()),
        new("staff", ["{n} employs {v} people.", "About {v} people work for {n}."], ["How many people work for {d}?"], draws => draws.Count()),
        new("year", ["{n} was established in {v}."], ["When was {d} established?"], draws => draws.Year()),
        new("product", ["{n} makes {v}.", "The main product of {n} is {v}."], ["What does {d} make?"], draws => $"{draws.Of(WordLists.Colours)} {draws.Of(WordLists.Nouns)}s"),
    ]);

    public static readonly EntityForm Ship = new("ship", draws => draws.Name(), "the {n}",
    [
        new("captain", ["The captain of the {n} is {v}.", "{v} commands the {n}."], ["Who commands {d}?"], draws => draws.Person()),
        new("port", ["The home port of the {n} is {v}.", "The {n} is registered in {v}."], ["What is the home port of {d}?"], draws => draws.Name()),
        new("cargo", ["The {n} carries {v}."], ["What does {d} carry?"], draws => draws.Of(WordLists.Nouns) + "s"),
        new("hull", ["The hull of the {n} is {v}."], ["What colour is the hull of {d}?"], draws => draws.Of(WordLists.Colours)),
    ]);

    public static readonly EntityForm[] All = [Person, Place, Company, Ship];

    /// <summary>Facts whose value is another entity: the kind it is of, and how that entity is described through the first.</summary>
    public static readonly (EntityForm From, string Relation, EntityForm To, string[] Descriptions)[] Links =
    [
        (Company, "founder", Person, ["the founder of {n}", "the person who founded {n}"]),
        (Company, "chief", Person, ["the chief executive of {n}"]),
        (Company, "seat", Place, ["the town where {n} is based"]),
        (Place, "mayor", Person, ["the mayor of {n}"]),
        (Ship, "captain", Person, ["the captain of the {n}"]),
        (Ship, "port", Place, ["the home port of the {n}"]),
    ];
}
