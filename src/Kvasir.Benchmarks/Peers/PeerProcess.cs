using System.Diagnostics;

namespace Kvasir.Benchmarks.Peers;

/// <summary>A peer in a process of its own, which loads the model once and then does a turn a line.</summary>
internal sealed class PeerProcess : IContestant
{
    /// <summary>Lines of its errors that a message may hold.</summary>
    private const int ErrorLines = 5;

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly PeerDefinition _definition;
    private readonly Process _process;
    private readonly Queue<string> _errors = new();

    private PeerProcess(PeerDefinition definition, Process process)
    {
        _definition = definition;
        _process = process;
    }

    public string Name => _definition.Name;

    public string Version { get; private set; } = "";

    public int? ProcessId => _process.Id;

    /// <summary>Its memory now and at most, bytes.</summary>
    public (long Now, long Peak) Memory
    {
        get
        {
            _process.Refresh();
            return (_process.WorkingSet64, _process.PeakWorkingSet64);
        }
    }

    /// <summary>Starts a peer and waits until it has loaded the model.</summary>
    /// <param name="context">Most tokens of a sequence.</param>
    /// <exception cref="PeerException">It did not start, or cannot load the model.</exception>
    public static async Task<PeerProcess> StartAsync(PeerDefinition peer, string model, int context, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(peer.Command[0])
        {
            WorkingDirectory = peer.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments = [.. peer.Command.Skip(1), "--model", Path.GetFullPath(model), "--context", context.ToString(System.Globalization.CultureInfo.InvariantCulture)];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        var started = new PeerProcess(peer, new Process { StartInfo = start });
        started._process.ErrorDataReceived += (_, line) => started.Remember(line.Data);
        try
        {
            started._process.Start();
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or IOException)
        {
            started._process.Dispose();
            throw new PeerException($"{peer.Command[0]} cannot be started: {exception.Message}", exception);
        }

        started._process.BeginErrorReadLine();
        try
        {
            started.Version = PeerLines.ParseReady(await started.ReadAsync(cancellation).ConfigureAwait(false));
            return started;
        }
        catch
        {
            await started.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public bool TakesPart(string check) => _definition.TakesPart(check);

    public async Task<TurnTime> RunAsync(Turn turn, CancellationToken cancellation)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(PeerLines.Ask(turn).AsMemory(), cancellation).ConfigureAwait(false);
            await _process.StandardInput.FlushAsync(cancellation).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw new PeerException($"it is gone: {Errors()}", exception);
        }

        return PeerLines.ParseDone(await ReadAsync(cancellation).ConfigureAwait(false));
    }

    /// <summary>Lets it end by itself, and ends it when it does not.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It is gone already.
        }

        using var patience = new CancellationTokenSource(Farewell);
        try
        {
            await _process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }

        _process.Dispose();
    }

    private async Task<string> ReadAsync(CancellationToken cancellation)
    {
        if (await _process.StandardOutput.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
            return line;
        await _process.WaitForExitAsync(cancellation).ConfigureAwait(false);
        throw new PeerException($"it ended with {_process.ExitCode}: {Errors()}");
    }

    private void Remember(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
            return;
        lock (_errors)
        {
            _errors.Enqueue(line.Trim());
            if (_errors.Count > ErrorLines)
                _errors.Dequeue();
        }
    }

    private string Errors()
    {
        lock (_errors)
            return _errors.Count == 0 ? "it said nothing" : string.Join(" | ", _errors);
    }
}
