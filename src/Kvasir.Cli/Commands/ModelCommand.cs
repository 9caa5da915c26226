using System.CommandLine;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir model</c>: what is about model files.</summary>
internal sealed class ModelCommand : Command, IHelpTopics
{
    public ModelCommand()
        : base("model", "Shows, checks and converts model files.")
    {
        Add(new ModelInfoCommand());
        Add(new ModelVerifyCommand());
        Add(new ModelConvertCommand());
        Add(new ModelQuantizeCommand());
        Add(new ModelMergeLoraCommand());
    }

    public IReadOnlyList<string> Examples => ["kvasir model info", "kvasir model convert model-folder model.gguf --type Q8_0"];
}
