using System.Diagnostics;
using System.Text;

namespace Kvasir.Benchmarks.Fuzzing.Parsers;

/// <summary>
/// Looks for files that make a parser crash, hang or allocate without measure. Mutated files that take a new way (another place or shape
/// of refusal, another path to the end) join the corpus and are mutated on.
/// </summary>
/// <remarks>
/// The file under way lies in a folder that is left behind when the process dies. An allocation counts when it is made, whether or not it
/// is still held later.
/// </remarks>
public static class ParserFuzzer
{
    private const int MaxCorpus = 3000;
    private const int MaxFindings = 20;
    private const long SmallConstant = 16L << 20; // tables of fixed size, code of compiled patterns
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(12); // a pattern may take its 4 s, a template its 10
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private static readonly ParserTarget[] Targets =
        [new GgufTarget(), new SafeTensorsTarget(), new ConfigTarget(), new TokenizerTarget(), new SentencePieceTarget(), new TemplateTarget(), new AdapterTarget()];

    /// <summary>Names of the parsers.</summary>
    public static IReadOnlyList<string> Parsers { get; } = [.. Targets.Select(t => t.Name)];

    /// <summary>Fuzzes one parser until the time or the number of cases is reached, or the run is cancelled (which is no error).</summary>
    /// <param name="parser">One of <see cref="Parsers"/>.</param>
    /// <param name="options">How to fuzz.</param>
    /// <param name="progress">Hears of it now and then.</param>
    /// <param name="cancellation">Ends the run early.</param>
    public static ParserFuzzReport Run(string parser, ParserFuzzOptions options, IProgress<ParserFuzzReport>? progress = null, CancellationToken cancellation = default)
    {
        var target = Targets.First(t => t.Name == parser);
        var folder = Directory.CreateTempSubdirectory($"kvasir-fuzz-{parser}-");
        var run = new ParserRun(target, folder.FullName, options.Seed);
        var clock = Stopwatch.StartNew();
        var worker = new Thread(() => Work(run, options, clock, cancellation), 8 << 20) { IsBackground = true, Name = $"fuzz {parser}" };
        worker.Start();
        while (!worker.Join(TimeSpan.FromSeconds(2)))
        {
            progress?.Report(run.Report(clock.Elapsed));
            if (run.Elapsed() is { } elapsed && elapsed > Hang)
            {
                run.AddHang(elapsed);
                return run.Report(clock.Elapsed);
            }
        }

        var report = run.Report(clock.Elapsed);
        if (report.Findings.Count == 0)
            folder.Delete(recursive: true);
        return report;
    }

    private static void Work(ParserRun run, ParserFuzzOptions options, Stopwatch clock, CancellationToken cancellation)
    {
        run.Begin();
        while (run.Cases < options.MaxCases && clock.Elapsed < options.Duration && !cancellation.IsCancellationRequested && run.Findings < MaxFindings)
            run.Next();
    }

    /// <summary>One run's state.</summary>
    private sealed class ParserRun(ParserTarget target, string folder, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly ParserMutator _mutator = new(new Random(seed ^ 0x5EED), target.Words);
        private readonly List<ParserCase> _corpus = [];
        private readonly List<ParserCase> _validCorpus = [];
        private readonly Dictionary<string, byte[]> _valid = [];
        private readonly HashSet<string> _paths = [];
        private readonly HashSet<string> _found = [];
        private readonly List<ParserFinding> _findings = [];
        private readonly Lock _gate = new();
        private string _lastFile = "";
        private long _accepted;
        private long _refused;
        private double _slowest;
        private long _most;
        private long _caseStart;

        public long Cases { get; private set; }

        public int Findings => _found.Count;

        public void Begin()
        {
            foreach (var seedCase in target.Seeds(folder))
            {
                _valid.TryAdd(seedCase.File, seedCase.Data);
                _corpus.Add(seedCase);
            }

            foreach (var (file, data) in _valid)
                File.WriteAllBytes(Path.Combine(folder, file), data);
            foreach (var valid in _corpus.ToArray())
            {
                Try(valid);
                _validCorpus.Add(valid);
                if (!_valid.ContainsKey(valid.File) || _refused > 0)
                    throw new InvalidOperationException($"{target.Name}: a valid file is refused; the fuzzer's seeds are out of date ({_paths.Last()})");
            }
        }

        public void Next()
        {
            // Valid files lead deeper than refused ones; of both the newest are tried most.
            var parent = Pick(_random.Next(4) > 0 ? _validCorpus : _corpus);
            var other = _corpus[_random.Next(_corpus.Count)];
            var changed = parent with { Data = _mutator.Mutate(parent.Data, other.File == parent.File ? other.Data : []) };
            long accepted = _accepted;
            if (!Try(changed))
                return;
            if (_corpus.Count < MaxCorpus)
                _corpus.Add(changed);
            if (_accepted > accepted && _validCorpus.Count < MaxCorpus)
                _validCorpus.Add(changed);
        }

        public TimeSpan? Elapsed() => Interlocked.Read(ref _caseStart) is not 0 and var start ? Stopwatch.GetElapsedTime(start) : null;

        public void AddHang(TimeSpan elapsed) => Add("hang", $"not done after {elapsed.TotalSeconds:F0} s", null);

        public ParserFuzzReport Report(TimeSpan elapsed)
        {
            lock (_gate)
            {
                return new ParserFuzzReport
                {
                    Parser = target.Name, Cases = Cases, Accepted = _accepted, Refused = _refused, Paths = _paths.Count, Corpus = _corpus.Count,
                    SlowestMs = _slowest, MostBytes = _most, Seconds = elapsed.TotalSeconds, Findings = [.. _findings],
                };
            }
        }

        private ParserCase Pick(List<ParserCase> from) =>
            from[_random.Next(2) == 0 ? _random.Next(from.Count) : from.Count - 1 - _random.Next(Math.Min(from.Count, 40))];

        // Whether the case went a new way.
        private bool Try(ParserCase changed)
        {
            if (_lastFile.Length > 0 && _lastFile != changed.File)
                File.WriteAllBytes(Path.Combine(folder, _lastFile), _valid[_lastFile]);
            _lastFile = changed.File;
            File.WriteAllBytes(Path.Combine(folder, changed.File), changed.Data);
            long before = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            Interlocked.Exchange(ref _caseStart, start);
            string path;
            bool accepted = false;
            try
            {
                path = "valid: " + target.Parse(folder, changed);
                accepted = true;
            }
            catch (Exception exception) when (target.IsDocumented(exception))
            {
                path = Shape(exception);
            }
            catch (Exception exception)
            {
                path = Shape(exception);
                Add("crash", $"{exception.GetType().Name}: {exception.Message}\n{exception.StackTrace}", changed, path);
            }

            Interlocked.Exchange(ref _caseStart, 0);
            var elapsed = Stopwatch.GetElapsedTime(start);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before - (2L * _valid.Sum(v => (long)v.Value.Length)) - (2L * changed.Data.Length);
            if (elapsed > Slow)
                Add("slow", $"{elapsed.TotalSeconds:F1} s for {changed.Data.Length} bytes: {path}", changed, "slow " + path);
            if (allocated > SmallConstant)
                Add("memory", $"{allocated} bytes more than twice the {changed.Data.Length} of the file: {path}", changed, "memory " + path);
            lock (_gate)
            {
                Cases++;
                _accepted += accepted ? 1 : 0;
                _refused += accepted ? 0 : 1;
                _slowest = Math.Max(_slowest, elapsed.TotalMilliseconds);
                _most = Math.Max(_most, allocated);
                return _paths.Add(path);
            }
        }

        private void Add(string kind, string what, ParserCase? changed, string place = "hang")
        {
            lock (_gate)
            {
                if (!_found.Add(place))
                    return;
                string file = Path.Combine(folder, $"finding-{_findings.Count}-{kind}-{changed?.File ?? _lastFile}");
                if (changed is not null)
                    File.WriteAllBytes(file, changed.Data);
                _findings.Add(new ParserFinding(kind, what, changed is null ? Path.Combine(folder, _lastFile) : file));
            }
        }

        // The kind of the exception, the plain words of its message, and the places that it came through.
        private static string Shape(Exception exception)
        {
            var shape = new StringBuilder(exception.GetType().Name);
            var words = exception.Message.Split(' ', 40).Where(w => w.Length < 14 && w.All(char.IsAsciiLetterLower)).Take(8);
            foreach (var line in (exception.StackTrace ?? "").Split('\n').Where(l => l.Contains("Kvasir.Models", StringComparison.Ordinal)).Take(3))
                shape.Append('|').Append(line.AsSpan(0, Math.Max(line.IndexOf('('), 0)).Trim());
            return shape.Append('|').AppendJoin(' ', words).ToString();
        }
    }
}
