using System.Globalization;
using Kvasir.Models;

namespace Kvasir.Cli.Doctor.Files;

/// <summary>Whether the models read and write text.</summary>
internal sealed class TokenizerCheck() : DoctorCheck("files", "tokenizer")
{
    /// <summary>Plain words: a tokenizer may change what lies outside its alphabet, but not these.</summary>
    private const string Sample = "the quick brown fox";

    protected override IEnumerable<Finding> Look(DoctorContext context) =>
        context.Models.Where(model => model.File is not null).Select(model => Look(model.Path, model.File!));

    private Finding Look(string path, ModelFile file)
    {
        if (file.Tokenizer is not { } tokenizer)
            return Warning($"{path} has none", "put tokenizer.json beside the weights, or convert the folder that has it; without one only token ids can be sent");
        if (tokenizer.VocabSize > file.Config.VocabSize)
        {
            return Warning(
                string.Create(CultureInfo.InvariantCulture, $"{tokenizer.VocabSize:N0} tokens, but the model knows {file.Config.VocabSize:N0}"),
                "the tokenizer may be another model's; prompts with the tokens above are refused");
        }

        var back = tokenizer.Decode(tokenizer.Encode(Sample), skipSpecial: true).Trim();
        return back == Sample
            ? Ok(string.Create(CultureInfo.InvariantCulture, $"{tokenizer.VocabSize:N0} tokens; text comes back as it went in"))
            : Warning($"'{Sample}' comes back as '{back}'", "the tokenizer's files may be damaged or another model's");
    }
}
