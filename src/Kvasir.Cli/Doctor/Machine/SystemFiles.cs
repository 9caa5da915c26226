using System.Globalization;

namespace Kvasir.Cli.Doctor.Machine;

/// <summary>Reads what Linux tells in files. On other systems, and where a file is missing or refused, there is nothing to read.</summary>
internal sealed class SystemFiles(string root)
{
    /// <summary>Most characters of a file; far more than the files here have.</summary>
    private const int MaxCharacters = 1 << 20;

    /// <summary>The text of a file, or null. <paramref name="path"/> starts with a slash.</summary>
    public string? Read(string path)
    {
        try
        {
            using var reader = new StreamReader(Full(path));
            var buffer = new char[4096];
            var text = new System.Text.StringBuilder();
            int read;
            while (text.Length < MaxCharacters && (read = reader.Read(buffer)) > 0)
                text.Append(buffer, 0, read);
            return text.ToString().Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public bool Exists(string path) => Path.Exists(Full(path));

    /// <summary>A file's first number, or null (<c>max</c> is none).</summary>
    public long? ReadNumber(string path) => ParseNumber(Read(path));

    /// <summary>The number behind <paramref name="name"/> in a file of lines <c>name: value</c>.</summary>
    public long? ReadField(string path, string name) => Read(path)?.Split('\n')
        .Where(line => line.StartsWith(name, StringComparison.Ordinal))
        .Select(line => ParseNumber(line[name.Length..].TrimStart(':', ' ', '\t')))
        .FirstOrDefault();

    /// <summary>The names of what lies in a folder.</summary>
    public IEnumerable<string> List(string path)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(Full(path)).Select(entry => Path.GetFileName(entry))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Where a symbolic link points, or null.</summary>
    public string? ReadLink(string path)
    {
        try
        {
            return new FileInfo(Full(path)).LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long? ParseNumber(string? text)
    {
        var word = text?.Split([' ', '\t', '\n'], 2)[0];
        return long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private string Full(string path) => Path.Combine(root, path.TrimStart('/'));
}
