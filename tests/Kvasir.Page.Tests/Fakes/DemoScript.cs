namespace Kvasir.Page.Tests.Fakes;

/// <summary>A conversation as the bundled model might have it, for pictures.</summary>
internal static class DemoScript
{
    public const string System =
        "Answer from the almanac.\n\n"
        + "[78] Ulburn\nUlburn is a town in the region of Treford. It has a population of 3185. Its mayor, Odette Holm, was elected in 2015. The first settlement "
        + "dates from 1948. The town lies on the river Norgate. Its market is known for plums.\n\n"
        + "[87] Corgate Ltd\nCorgate Ltd is a company based in Corburn. Wanda Lind leads the company today as its chief executive. Its best-known product is the "
        + "blue kettle. It was founded in 1954 by Cecil Moen. The workforce numbers 2482.";

    public static readonly string[] Questions = ["Who founded Corgate Ltd?", "What is the population of Ulburn?"];

    private static readonly string[] Answers =
    [
        "Cecil Moen founded Corgate Ltd, in 1954. The company is led by Wanda Lind today.",
        "Ulburn has a population of 3185.",
    ];

    /// <summary>Lets the server hold this conversation.</summary>
    public static void Prepare(FakeServer server)
    {
        server.Models = FakeStatus.Models(("kvasir-tiny", "ready"), ("granite-4-micro", "unloaded"));
        double second = 0;
        server.Status = () => FakeStatus.Of(speed: Math.Round(140 + 60 * Math.Sin(second++ / 1.7) + 25 * Math.Cos(second * 1.3), 1));
        server.Chat = async exchange =>
        {
            var number = exchange.Body["messages"]!.AsArray().Count > 2 ? 1 : 0;
            await exchange.ReasoningAsync("The almanac says so under number ", number == 0 ? "87." : "78.");
            foreach (var word in Answers[number].Split(' '))
                await exchange.TextAsync($"{word} ");
            var first = $"<|system|>\n{System}\n<|user|>\n{Questions[0]}\n<|assistant|>\n";
            await exchange.FinishAsync(number == 0
                ? FakeReports.Of(null, (218, "computed", first))
                : FakeReports.Of(486.2, (224, "shared", $"{first}{Answers[0][..24]}"), (37, "computed", $"{Answers[0][24..]}\n<|user|>\n{Questions[1]}\n<|assistant|>\n")));
        };
    }
}
