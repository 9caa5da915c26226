using System.CommandLine;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir model</c>: what is about model files.</summary>
internal sealed class ModelCommand : Command
{
    public ModelCommand()
        : base("model", "Shows, checks and converts model files.")
    {
        Add(new ModelInfoCommand());
        Add(new ModelVerifyCommand());
        Add(new ModelConvertCommand());
    }
}
