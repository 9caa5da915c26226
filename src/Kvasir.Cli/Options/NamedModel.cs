using Kvasir.Models.Hub;

namespace Kvasir.Cli.Options;

/// <summary>Where a model lies that a command names: a file or a folder, or a pulled model by its name on the hub.</summary>
internal static class NamedModel
{
    /// <summary>What an option says that takes a model.</summary>
    public const string Description = "A .gguf file, a Hugging Face folder, or a pulled model's OWNER/NAME[:QUANT].";

    public const string HelpName = "MODEL";

    /// <summary>The models folder of the environment.</summary>
    public static ModelsFolder Folder() => ModelsFolder.Default(Environment.GetEnvironmentVariable);

    /// <summary>The named model, or the default one when none is named.</summary>
    /// <exception cref="FileNotFoundException">There is no such file, folder or pulled model.</exception>
    public static string OrDefault(string? named) => named is null ? BundledFiles.Model() : Resolve(named);

    /// <summary>The path of what is named. A file or folder of that name comes before a pulled model.</summary>
    /// <exception cref="FileNotFoundException">It has the form of a hub's name, and there is nothing of that name.</exception>
    /// <exception cref="InvalidOperationException">It was not pulled to its end, or means several models.</exception>
    public static string Resolve(string named)
    {
        if (File.Exists(named) || Directory.Exists(named) || !HubReference.TryParse(named, out var reference))
            return named;
        var folder = Folder();
        return folder.Find(reference)?.Path ?? throw new FileNotFoundException(
            $"there is no file or folder {named} and no pulled model of that name in {folder.Path}; 'kvasir pull {named}' gets it from the hub, 'kvasir list' shows what is there");
    }
}
