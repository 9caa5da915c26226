namespace Kvasir.Models;

/// <summary>A model file is damaged or not what it claims to be. The message names the file and the offset or field.</summary>
public sealed class ModelFormatException : Exception
{
    public ModelFormatException(string path, string problem, Exception? inner = null)
        : base($"{path}: {problem}", inner)
    {
        Path = path;
    }

    public ModelFormatException(string path, string problem, long offset)
        : base($"{path}: {problem} (at byte {offset})")
    {
        Path = path;
        Offset = offset;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Where in the file, when the problem has a place.</summary>
    public long? Offset { get; }
}
