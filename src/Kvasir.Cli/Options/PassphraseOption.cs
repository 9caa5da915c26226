using System.CommandLine;

namespace Kvasir.Cli.Options;

/// <summary><c>--passphrase-file</c>: a passphrase is read from a file, because arguments can be seen by other users.</summary>
internal sealed class PassphraseOption : Option<string?>
{
    private const int MaxBytes = 4096;

    public PassphraseOption(string what)
        : base("--passphrase-file")
    {
        Description = $"A file whose first line is the passphrase {what}.";
        HelpName = "FILE";
    }

    /// <summary>The passphrase, or null when none was asked for.</summary>
    public string? Read(ParseResult parsed)
    {
        if (parsed.GetValue(this) is not { } path)
            return null;
        if (new FileInfo(path) is not { Exists: true, Length: <= MaxBytes })
            throw new FileNotFoundException($"the passphrase file {path} is missing or longer than {MaxBytes} bytes");
        var line = File.ReadLines(path).FirstOrDefault() ?? "";
        return line.Length > 0 ? line : throw new InvalidDataException($"the first line of the passphrase file {path} is empty");
    }
}
