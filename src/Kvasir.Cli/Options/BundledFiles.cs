namespace Kvasir.Cli.Options;

/// <summary>Finds the files that are shipped with the program: beside it, or in the repository that it was built in.</summary>
internal static class BundledFiles
{
    /// <summary>Names another default model.</summary>
    public const string ModelVariable = "KVASIR_MODEL";

    /// <summary>The best first; the tool package has only the last.</summary>
    private static readonly string[] ModelFiles = [Path.Combine("models", "kvasir-mini.gguf"), Path.Combine("models", "kvasir-mini-draft.gguf")];

    /// <summary>The model that is used when none is named.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    public static string Model()
    {
        if (Environment.GetEnvironmentVariable(ModelVariable) is { Length: > 0 } named)
            return NamedModel.Resolve(named);
        return ModelFiles.Select(Find).FirstOrDefault(path => path is not null) ?? throw new FileNotFoundException(
            $"no bundled model (models/kvasir-mini.gguf) is in {AppContext.BaseDirectory} or above it; name a GGUF file, a Hugging Face folder or a pulled model with --model or {ModelVariable}");
    }

    /// <summary>The folder with the demo's document and questions.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    public static string Demo() =>
        Find(Path.Combine("demo", "questions.json")) is { } questions
            ? Path.GetDirectoryName(questions)!
            : throw new FileNotFoundException("the demo's files are missing; restore the folder demo, or give --file and --question");

    /// <summary>The folder with the peers of <c>kvasir bench peers</c>, or null: it is part of the repository only.</summary>
    public static string? Peers() => Find(Path.Combine("scripts", "peers", "README.md")) is { } readme ? Path.GetDirectoryName(readme) : null;

    private static string? Find(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, relative);
            if (File.Exists(path))
                return path;
        }

        return null;
    }
}
