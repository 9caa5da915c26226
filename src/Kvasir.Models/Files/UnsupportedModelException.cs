namespace Kvasir.Models;

/// <summary>The file is sound, but holds something that Kvasir cannot run. The message says what is supported.</summary>
public sealed class UnsupportedModelException(string path, string problem) : Exception($"{path}: {problem}")
{
    /// <summary>The file.</summary>
    public string Path { get; } = path;
}
