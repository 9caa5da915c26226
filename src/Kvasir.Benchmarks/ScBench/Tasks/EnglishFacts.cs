using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>Facts about invented companies, people, places and ships in English.</summary>
internal static class EnglishFacts
{
    public static readonly FactKind[][] Groups =
    [
        [
            new("{0} is based in {1}.", "Where is {0} based?", draws => draws.Name()),
            new("{0} was founded by {1}.", "Who founded {0}?", draws => draws.Person()),
            new("The chief executive of {0} is {1}.", "Who is the chief executive of {0}?", draws => draws.Person()),
        ],
        [
            new("{0} was born in {1}.", "Where was {0} born?", draws => draws.Name()),
            new("{0} is married to {1}.", "Who is {0} married to?", draws => draws.Person()),
            new("The phone number of {0} is {1}.", "What is the phone number of {0}?", draws => draws.Digits(6)),
        ],
        [
            new("The mayor of {0} is {1}.", "Who is the mayor of {0}?", draws => draws.Person()),
            new("The river {1} flows through {0}.", "Which river flows through {0}?", draws => draws.Name()),
            new("{0} lies in the region of {1}.", "In which region is {0}?", draws => draws.Name()),
        ],
    ];

    private static readonly string[] Endings = ["Ltd", "Industries", "Group", "Labs", "Works"];

    public static FactWorld World(ScDraws draws, int entities) => FactWorld.Create(
        draws, entities, Groups, group => Name(draws, group), draws.Filler, (number, entity, body) => $"[{number}] {entity}\n{body}", " ");

    private static string Name(ScDraws draws, int group) => group switch
    {
        0 => $"{draws.Name()} {draws.Of(Endings)}",
        1 => $"{draws.Of(WordLists.FirstNames)} {draws.Name()}",
        _ => draws.Name(),
    };
}
