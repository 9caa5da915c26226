using Kvasir.Engine.Requests;

namespace Kvasir.Cli.Output;

/// <summary>Prints answers as they come.</summary>
internal static class AnswerPrinter
{
    /// <summary>Prints the answer and ends its line.</summary>
    public static async Task PrintAsync(GenerationChoice choice, TextWriter output, CancellationToken cancellation)
    {
        try
        {
            await foreach (var text in choice.ReadTextAsync(cancellation).ConfigureAwait(false))
            {
                output.Write(text);
                output.Flush();
            }
        }
        finally
        {
            output.WriteLine();
        }
    }

    /// <summary>What an answer cost, in one line.</summary>
    public static string Summary(GenerationStatistics statistics)
    {
        var decode = statistics.TotalTime - statistics.TimeToFirstToken;
        var speed = statistics.AnswerTokens > 1 && decode > TimeSpan.Zero
            ? $", {Screen.Rate((statistics.AnswerTokens - 1) / decode.TotalSeconds)} tokens/s"
            : "";
        return $"[{Screen.Count(statistics.PromptTokens)} prompt tokens ({Screen.Count(statistics.ReusedTokens)} reused), "
            + $"first token after {Screen.Time(statistics.TimeToFirstToken)}, {Screen.Count(statistics.AnswerTokens)} tokens{speed}]";
    }
}
