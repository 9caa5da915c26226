namespace Kvasir.Cli.Output;

/// <summary>What a command's own help says beyond its one-line description.</summary>
internal interface IHelpTopics
{
    /// <summary>What there is to know, or null.</summary>
    string? Details => null;

    /// <summary>Whole command lines.</summary>
    IReadOnlyList<string> Examples { get; }
}
