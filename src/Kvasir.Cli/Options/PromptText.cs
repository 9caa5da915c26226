namespace Kvasir.Cli.Options;

/// <summary>Where a prompt comes from.</summary>
internal static class PromptText
{
    /// <summary>The prompt given, a file, or standard input; exactly one of them.</summary>
    /// <exception cref="ArgumentException">Both were given, or the prompt is empty.</exception>
    public static async Task<string> ReadAsync(string? prompt, string? file, TextReader input, CancellationToken cancellation)
    {
        if (prompt is not null && file is not null)
            throw new ArgumentException("a prompt and --prompt-file were given; give one of them");
        var text = prompt
            ?? (file is not null
                ? await File.ReadAllTextAsync(file, cancellation).ConfigureAwait(false)
                : await input.ReadToEndAsync(cancellation).ConfigureAwait(false));
        return text.Length > 0
            ? text
            : throw new ArgumentException("the prompt is empty; give it as an argument, with --prompt-file or on standard input");
    }
}
