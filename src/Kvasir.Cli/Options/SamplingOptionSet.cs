using System.CommandLine;
using Kvasir.Engine.Sampling;

namespace Kvasir.Cli.Options;

/// <summary>The options that say how tokens are chosen; greedy unless a temperature is given.</summary>
internal sealed class SamplingOptionSet
{
    private readonly Option<float> _temperature = Number("--temperature", "0 takes the most probable token; higher is more random.", 0);
    private readonly Option<float> _topP = Number("--top-p", "Keep the most probable tokens that together have this probability.", 1);
    private readonly Option<float> _minP = Number("--min-p", "Keep tokens at least this fraction as probable as the first.", 0);
    private readonly Option<float> _repetitionPenalty = Number("--repetition-penalty", "Above 1: tokens seen before become less probable.", 1);
    private readonly Option<float> _presencePenalty = Number("--presence-penalty", "Subtracted once from tokens of the answer so far.", 0);
    private readonly Option<float> _frequencyPenalty = Number("--frequency-penalty", "Subtracted for each time a token stands in the answer so far.", 0);

    private readonly Option<int> _topK = new("--top-k") { Description = "Keep the K most probable tokens; 0 keeps all.", HelpName = "K" };

    private readonly Option<ulong> _seed = new("--seed")
    {
        Description = "Seed of the noise; the same seed gives the same answer, whatever else runs.",
        HelpName = "N",
    };

    public void AddTo(Command command)
    {
        command.Add(_temperature);
        command.Add(_topK);
        command.Add(_topP);
        command.Add(_minP);
        command.Add(_seed);
        command.Add(_repetitionPenalty);
        command.Add(_presencePenalty);
        command.Add(_frequencyPenalty);
    }

    public SamplingOptions Read(ParseResult parsed) => new()
    {
        Temperature = parsed.GetValue(_temperature),
        TopK = parsed.GetValue(_topK),
        TopP = parsed.GetValue(_topP),
        MinP = parsed.GetValue(_minP),
        Seed = parsed.GetValue(_seed),
        RepetitionPenalty = parsed.GetValue(_repetitionPenalty),
        PresencePenalty = parsed.GetValue(_presencePenalty),
        FrequencyPenalty = parsed.GetValue(_frequencyPenalty),
    };

    private static Option<float> Number(string name, string description, float value) => new(name)
    {
        Description = description,
        HelpName = "X",
        DefaultValueFactory = _ => value,
    };
}
