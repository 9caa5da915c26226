namespace Kvasir.Models.Tests.Templates;

/// <summary>A test that compares with the npm package @huggingface/jinja, which is not part of the repository.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute()
    {
        if (Folder is null)
            Skip = "set KVASIR_JINJA to a folder where \"npm install @huggingface/jinja\" was run, with node on the path";
    }

    /// <summary>The folder with node_modules, or null.</summary>
    public static string? Folder { get; } = Environment.GetEnvironmentVariable("KVASIR_JINJA") is { Length: > 0 } folder ? folder : null;
}
