using System.Globalization;
using System.Text.Json;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Doctor.Files;

/// <summary>Whether the configuration file can be read, is JSON, keeps its secrets, and has settings that the server can use.</summary>
internal sealed class ConfigFileCheck() : DoctorCheck("files", "configuration")
{
    private const long MaxBytes = 1 << 20;

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    protected override IEnumerable<Finding> Look(DoctorContext context)
    {
        if (context.Targets.ConfigFile is { } path)
            yield return Look(path);
        if (context.Targets.SettingsProblem is { } problem)
            yield return Problem(problem, "correct the setting; kvasir serve --print-config shows all of them");
    }

    private Finding Look(string path)
    {
        string text;
        try
        {
            var bytes = new FileInfo(path).Length;
            if (bytes > MaxBytes)
                return Problem($"{path} has {Screen.Size(bytes)}", "is it the right file? A configuration has at most 1 MiB");
            text = File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Problem(ErrorReport.FirstLine(exception.Message), "check the path, and that the user that runs kvasir may read it");
        }

        try
        {
            using var json = JsonDocument.Parse(text, Lenient);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                return Problem($"{path} holds no JSON object", "write {\"setting\": value, …}");
        }
        catch (JsonException exception)
        {
            return Problem(
                string.Create(CultureInfo.InvariantCulture, $"{path} is not JSON: line {exception.LineNumber + 1}, byte {exception.BytePositionInLine}"),
                "correct it there");
        }

        return !OperatingSystem.IsWindows() && File.GetUnixFileMode(path).HasFlag(UnixFileMode.OtherRead)
            && text.Contains("key", StringComparison.OrdinalIgnoreCase)
            ? Warning($"{path} can be read by every user", $"it may hold keys: chmod 640 {path}")
            : Ok(path);
    }
}
