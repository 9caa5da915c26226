namespace Kvasir.Page.Tests.Fakes;

/// <summary>A conversation as the bundled model might have it, for pictures.</summary>
internal static class DemoScript
{
    public const string System =
        "You answer questions about the chronicle of Ulburn.\nUlburn is a town of 3,185 people on the river Wend. Its oldest house is the mill, built in 1412 "
        + "by Aldith Marr. The company Corgate Ltd was founded there by Cecil Moen in 1908 and made clocks until 1961. The bridge was rebuilt after the flood of 1784; "
        + "its architect was Ines Tarn. The library keeps the chronicle in nine volumes, of which the fourth is lost. Every autumn the town holds the fair of lanterns, "
        + "when the mill wheel is hung with lights and the clock of Corgate strikes thirteen.";

    public static readonly string[] Questions = ["Who founded Corgate Ltd?", "And when was the bridge rebuilt?"];

    private static readonly string[] Answers =
    [
        "Cecil Moen founded Corgate Ltd in 1908. The company made clocks in Ulburn until 1961.",
        "The bridge was rebuilt after the flood of 1784, to a design by Ines Tarn.",
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
            await exchange.ReasoningAsync("The chronicle says so in its part about ", number == 0 ? "the company." : "the bridge.");
            foreach (var word in Answers[number].Split(' '))
                await exchange.TextAsync($"{word} ");
            var first = $"<|system|>\n{System}\n<|user|>\n{Questions[0]}\n<|assistant|>\n";
            await exchange.FinishAsync(number == 0
                ? FakeReports.Of(null, (218, "computed", first))
                : FakeReports.Of(486.2, (224, "shared", $"{first}{Answers[0][..24]}"), (37, "computed", $"{Answers[0][24..]}\n<|user|>\n{Questions[1]}\n<|assistant|>\n")));
        };
    }
}
