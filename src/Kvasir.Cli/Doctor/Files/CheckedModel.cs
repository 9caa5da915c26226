using Kvasir.Models;

namespace Kvasir.Cli.Doctor.Files;

/// <summary>A model that was opened, or why it could not be.</summary>
internal sealed class CheckedModel : IDisposable
{
    private CheckedModel(string path, ModelFile? file, Exception? error)
    {
        Path = path;
        File = file;
        Error = error;
    }

    public string Path { get; }

    public ModelFile? File { get; }

    public Exception? Error { get; }

    public static CheckedModel Open(string path)
    {
        try
        {
            return new CheckedModel(path, ModelFile.Open(path), null);
        }
        catch (Exception exception) when (exception is ModelFormatException or UnsupportedModelException or IOException or UnauthorizedAccessException)
        {
            return new CheckedModel(path, null, exception);
        }
    }

    public void Dispose() => File?.Dispose();
}
