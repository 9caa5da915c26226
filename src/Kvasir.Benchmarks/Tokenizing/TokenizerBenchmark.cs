using System.Diagnostics;
using System.Text;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Tokenizing;

/// <summary>How fast text becomes tokens and tokens text, on one core.</summary>
public static class TokenizerBenchmark
{
    private const double WantedEnglish = 10; // MB/s a core (docs/models.md)

    /// <summary>Measures every text; megabytes are 10^6 bytes of UTF-8.</summary>
    /// <param name="path">What <see cref="TokenizerFile.Open"/> takes.</param>
    /// <param name="file">A text of the user's own, measured too; null for none.</param>
    /// <param name="quick">Shorter texts and fewer rounds.</param>
    /// <param name="report">Hears of every figure at once.</param>
    /// <param name="cancellation">Ends it with what was measured.</param>
    public static IReadOnlyList<TokenizerCheck> Run(string path, string? file, bool quick, Action<TokenizerCheck>? report = null, CancellationToken cancellation = default)
    {
        var checks = new List<TokenizerCheck>();
        int rounds = quick ? 3 : 9;
        var opening = Rounds(quick ? 1 : 3, () => TokenizerFile.Open(path));
        Add(new TokenizerCheck("open.ms", opening.Median * 1000, opening.Least * 1000, opening.Most * 1000, "ms", null, "reading the tokenizer alone"));
        var texts = BenchmarkTexts.All(quick ? 400_000 : 4_000_000).ToList();
        if (file is not null)
            texts.Add(("file", File.ReadAllText(file), Path.GetFileName(file)));
        foreach (var (name, text, note) in texts)
        {
            if (cancellation.IsCancellationRequested)
                break;
            double megabytes = Encoding.UTF8.GetByteCount(text) / 1e6;
            var tokenizer = TokenizerFile.Open(path);
            tokenizer.Encode(BenchmarkTexts.WarmUp); // compiles the code, and fills the cache with other words
            var tokens = Array.Empty<int>();
            var cold = Rounds(1, () => tokens = tokenizer.Encode(text));
            var encode = Rounds(rounds, () => tokens = tokenizer.Encode(text));
            double? wanted = name == "english" ? WantedEnglish : null;
            Add(new TokenizerCheck($"{name}.coldMBps", megabytes / cold.Median, double.NaN, double.NaN, "MB/s", null, $"{note}; the first time, nothing cached"));
            Add(new TokenizerCheck($"{name}.encodeMBps", megabytes / encode.Median, megabytes / encode.Most, megabytes / encode.Least, "MB/s", wanted, note));
            var decode = Rounds(rounds, () => tokenizer.Decode(tokens));
            Add(new TokenizerCheck($"{name}.decodeMBps", megabytes / decode.Median, megabytes / decode.Most, megabytes / decode.Least, "MB/s", null, note));
            Add(new TokenizerCheck($"{name}.bytesPerToken", megabytes * 1e6 / tokens.Length, double.NaN, double.NaN, "bytes", null, note));
        }

        return checks;

        void Add(TokenizerCheck check)
        {
            checks.Add(check);
            report?.Invoke(check);
        }
    }

    private static (double Median, double Least, double Most) Rounds(int count, Action work)
    {
        var seconds = new double[count];
        for (int i = 0; i < count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        Array.Sort(seconds);
        return (seconds[count / 2], seconds[0], seconds[^1]);
    }
}
