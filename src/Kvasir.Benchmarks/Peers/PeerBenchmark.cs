using System.Globalization;
using Kvasir.Benchmarks.Limits;
using Kvasir.Benchmarks.Pressure;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Peers;

/// <summary>Kvasir and its peers on the same file, in turns, beside what the machine can do at most.</summary>
public sealed class PeerBenchmark
{
    private readonly PeerBenchmarkOptions _options;
    private readonly IProgress<string>? _progress;
    private readonly PressureWatch _watch = new(new ProcessorCounters());
    private readonly List<PeerCheck> _checks = [];
    private readonly List<string> _leftOut = [];
    private readonly List<(string Name, string Version)> _peers = [];
    private MachineLimits? _limits;
    private PressureShare? _limitsPressure;

    private PeerBenchmark(PeerBenchmarkOptions options, IProgress<string>? progress)
    {
        _options = options;
        _progress = progress;
    }

    /// <summary>Runs it. When it is cancelled, the report has what was measured until then.</summary>
    /// <exception cref="FileNotFoundException">There is no such model.</exception>
    public static async Task<PeerReport> RunAsync(PeerBenchmarkOptions options, IProgress<string>? progress, CancellationToken cancellation)
    {
        ModelShape shape;
        using (var model = ModelFile.Open(options.Model))
            shape = ModelShape.Of(model);
        var benchmark = new PeerBenchmark(options, progress);
        var interrupted = false;
        try
        {
            await benchmark.MeasureAsync(shape, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            interrupted = true;
        }

        return benchmark.Report(interrupted);
    }

    private async Task MeasureAsync(ModelShape shape, CancellationToken cancellation)
    {
        MeasureLimits(cancellation);
        if (_options.Peers.Count == 0)
            LeaveOut("there is no peer to compare with; give a folder with peers, such as scripts/peers of the repository");
        var installed = _options.Peers.Where(IsInstalled).ToArray();
        var wanted = TurnCheck.All.Where(check => _options.Wants(check.Name)).ToArray();
        var checks = wanted.Where(check => check.Fits(shape.MaxContext)).ToArray();
        foreach (var check in wanted.Except(checks))
            LeaveOut(string.Create(CultureInfo.InvariantCulture, $"{check.Name} is left out: the model's context is {shape.MaxContext} tokens"));
        if (checks.Length > 0)
            await TakeTurnsAsync(shape, installed, checks, cancellation).ConfigureAwait(false);
        await StartProcessesAsync(shape, installed, cancellation).ConfigureAwait(false);
        MeasureLimits(cancellation);
    }

    private async Task TakeTurnsAsync(ModelShape shape, PeerDefinition[] installed, TurnCheck[] checks, CancellationToken cancellation)
    {
        var context = Math.Min(shape.MaxContext, checks.Max(check => check.Needed(_options.AnswerTokens)));
        await using var kvasir = new KvasirContestant(_options.Model, context, shape.KvBytesPerToken);
        var contestants = new List<IContestant> { kvasir };
        try
        {
            foreach (var peer in installed.Where(peer => checks.Any(check => peer.TakesPart(check.Name))))
                await AddAsync(contestants, peer, context, cancellation).ConfigureAwait(false);
            foreach (var threads in _options.Threads)
                kvasir.Load(threads);
            var runner = new TurnRunner(_options, shape, context, contestants, _watch, _progress);
            foreach (var check in checks)
                _checks.Add(await runner.RunAsync(check, cancellation).ConfigureAwait(false));
        }
        finally
        {
            foreach (var peer in contestants.OfType<PeerProcess>())
            {
                _watch.Forget(peer.ProcessId!.Value);
                await peer.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task AddAsync(List<IContestant> contestants, PeerDefinition peer, int context, CancellationToken cancellation)
    {
        try
        {
            var process = await PeerProcess.StartAsync(peer, _options.Model, context, cancellation).ConfigureAwait(false);
            contestants.Add(process);
            _watch.Watch(process.ProcessId!.Value);
            _peers.Add((process.Name, process.Version));
            _progress?.Report($"{process.Name}: {process.Version}");
        }
        catch (PeerException exception)
        {
            LeaveOut($"{peer.Name} is left out: {exception.Message}");
        }
    }

    private async Task StartProcessesAsync(ModelShape shape, PeerDefinition[] installed, CancellationToken cancellation)
    {
        if (_options.Program is not { } program)
        {
            foreach (var name in new[] { MemoryCheck.Name, StartCheck.Name }.Where(_options.Wants))
                LeaveOut($"{name} is left out: it is not known how this program is started");
            return;
        }

        var kvasir = new PeerDefinition("kvasir", Environment.CurrentDirectory, [.. program, "bench", "peers", "--answer-turns"], null, "");
        if (_options.Wants(MemoryCheck.Name))
            await AddAsync(MemoryCheck.Name, () => new MemoryCheck(_options, shape, [.. installed.Where(peer => peer.TakesPart(MemoryCheck.Name))]).RunAsync(kvasir, cancellation)).ConfigureAwait(false);
        if (_options.Wants(StartCheck.Name))
            await AddAsync(StartCheck.Name, () => new StartCheck(_options, shape, [.. installed.Where(peer => peer.TakesPart(StartCheck.Name))]).RunAsync(program, cancellation)).ConfigureAwait(false);
    }

    private async Task AddAsync(string name, Func<Task<PeerCheck>> run)
    {
        try
        {
            var before = _watch.Read();
            var check = await run().ConfigureAwait(false);
            var meter = new PressureMeter();
            meter.Add(before, _watch.Read());

            // Memory does not depend on who else computes.
            if (name == StartCheck.Name)
            {
                _watch.Total.Add(meter);
                check = check with { Pressure = meter.Share() };
            }

            _checks.Add(check);
            _progress?.Report(string.Create(CultureInfo.InvariantCulture, $"{name}: kvasir {check.Kvasir:0}, {check.PeerName ?? "no peer"} {check.Peer:0} {check.Unit}"));
        }
        catch (PeerException exception)
        {
            LeaveOut($"{name} is left out: {exception.Message}");
        }
    }

    private bool IsInstalled(PeerDefinition peer)
    {
        if (peer.Missing() is not { } missing)
            return true;
        LeaveOut(missing);
        return false;
    }

    private void LeaveOut(string reason)
    {
        _leftOut.Add(reason);
        _progress?.Report(reason);
    }

    private void MeasureLimits(CancellationToken cancellation)
    {
        if (!_options.MeasureLimits)
            return;
        _progress?.Report("measuring the machine's limits");
        for (var repeats = 0; repeats <= _options.RepeatDisturbed; repeats++)
        {
            var before = _watch.Read();
            var measured = MachineLimits.Measure(_options.Threads.Max(), cancellation);
            var window = new PressureMeter();
            window.Add(before, _watch.Read());
            _limits = _limits?.Best(measured) ?? measured;

            // What disturbs lowers a limit, and the higher one counts: so one quiet measurement is enough.
            if (_limitsPressure is null || window.Share().FromOthers < _limitsPressure.FromOthers)
                _limitsPressure = window.Share();
            if (_limitsPressure.Valid != false)
                return;
        }
    }

    private PeerReport Report(bool interrupted) => new()
    {
        Machine = MachineDescription.Of(),
        Limits = _limits,
        LimitsPressure = _limitsPressure,
        Pressure = _watch.Total.Share(),
        Peers = _peers,
        LeftOut = _leftOut,
        Checks =
        [
            .. _checks.OrderBy(check => PeerBenchmarkOptions.AllChecks.ToList().IndexOf(check.Name))
                .Select(check => _limits is { } limits && check is { Step: var (work, tokens), Kvasir: { } rate }
                    ? check with { LimitFraction = limits.LeastSeconds(work) * rate / tokens }
                    : check),
        ],
        Interrupted = interrupted,
    };
}
