namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>
/// Entities that are named in one sentence and called "it", "she" or "the company" in all that follow, so that a cut behind the first
/// sentence leaves the next chunk without its subject. The wording is that of the bundled model's training.
/// </summary>
internal static class CutForms
{
    public static readonly CutForm[] All =
    [
        new(draws => draws.Person(), ["{n} is a {j} from {c}.", "{n} was a {j} of great renown.", "The {j} {n} lived in {c}."],
        [
            new("born", ["{He} was born in {v}."], ["When was {n} born?", "In what year was {n} born?"], draws => draws.Year()),
            new("spouse", ["{He} married {v}."], ["Who did {n} marry?"], draws => draws.Person()),
            new("teacher", ["{His} first teacher was {v}."], ["Who was the first teacher of {n}?"], draws => draws.Person()),
            new("medal", ["{He} was awarded the {v} Medal."], ["Which medal was {n} awarded?"], draws => draws.Name()),
            new("animal", ["{He} kept a {v} in the garden."], ["Which animal did {n} keep in the garden?"], draws => draws.Of(WordLists.Animals)),
            new("died", ["{He} died in {v}."], ["Where did {n} die?"], draws => draws.Name()),
        ]),
        new(draws => $"{draws.Name()} {draws.Of(["observatory", "library", "museum", "lighthouse", "school", "theatre", "hospital", "mill", "castle"])}",
            ["The {n} stands on the island of {c}.", "The {n} is one of the oldest in {c}.", "In {c} there is the {n}."],
        [
            new("founded", ["It was founded in {v}."], ["When was the {n} founded?", "In which year was the {n} founded?"], draws => draws.Year()),
            new("designer", ["It was designed by {v}."], ["Who designed the {n}?"], draws => draws.Person()),
            new("director", ["Its first director was {v}."], ["Who was the first director of the {n}?"], draws => draws.Person()),
            new("rooms", ["It has {v} rooms."], ["How many rooms does the {n} have?"], draws => draws.Count()),
            new("walls", ["The walls are built of {v}."], ["What are the walls of the {n} built of?"], draws => draws.Of(WordLists.Materials)),
            new("roof", ["Its roof is painted {v}."], ["What colour is the roof of the {n}?"], draws => draws.Of(WordLists.Colours)),
            new("ticket", ["A ticket costs {v} euros."], ["How much does a ticket for the {n} cost?"], draws => draws.Number(2, 61)),
        ]),
        new(draws => draws.Name() + draws.Of([" Ltd", " Group", " Brothers"]), ["{n} is a company from {c}.", "{n} makes {g} for schools.", "The firm {n} sells {g}."],
        [
            new("founded", ["The company was founded in {v}."], ["When was {n} founded?"], draws => draws.Year()),
            new("starter", ["It was started by {v}."], ["Who started {n}?"], draws => draws.Person()),
            new("staff", ["It employs {v} people."], ["How many people does {n} employ?"], draws => draws.Count()),
            new("seat", ["The firm is headquartered in {v}."], ["Where is {n} headquartered?"], draws => draws.Name()),
            new("product", ["Its best-selling product is the {v}."], ["What is the best-selling product of {n}?"], draws => $"{draws.Of(WordLists.Adjectives)} {draws.Of(WordLists.Nouns)}"),
        ]),
        new(draws => draws.Name(), ["The {n} is a small {z} found near {c}.", "The {n} is a rare kind of {z}."],
        [
            new("describer", ["It was first described by {v}."], ["Who first described the {n}?"], draws => draws.Person()),
            new("back", ["Its back is {v}."], ["What colour is the back of the {n}?"], draws => draws.Of(WordLists.Colours)),
            new("years", ["It lives for about {v} years."], ["How many years does the {n} live?"], draws => draws.Number(2, 91)),
            new("left", ["Only {v} of them are left."], ["How many of the {n} are left?"], draws => draws.Count()),
        ]),
        new(draws => draws.Name(), ["{n} is a town on the river {c}.", "The town of {n} lies in a wide valley.", "{n} is a fishing town."],
        [
            new("mayor", ["Its mayor is {v}."], ["Who is the mayor of {n}?"], draws => draws.Person()),
            new("inhabitants", ["It has {v} inhabitants."], ["How many inhabitants does {n} have?"], draws => draws.Count()),
            new("burned", ["The town was burned down in {v}."], ["When was {n} burned down?"], draws => draws.Year()),
            new("market", ["Its market sells mostly {v}."], ["What does the market of {n} mostly sell?"], draws => draws.Of(WordLists.Foods)),
            new("hall", ["The town hall is {v}."], ["What colour is the town hall of {n}?"], draws => draws.Of(WordLists.Colours)),
            new("street", ["The oldest street there is called {v} Street."], ["What is the oldest street of {n} called?"], draws => draws.Name()),
        ]),
    ];
}
