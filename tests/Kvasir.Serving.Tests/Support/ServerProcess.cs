using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Kvasir.Serving.Tests.Support;

/// <summary>The real server: <c>kvasir serve</c> in a process of its own, on a free port.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private const string Listening = "listening on ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _log = new();

    private ServerProcess(Process process) => _process = process;

    /// <summary>Where it listens, e.g. <c>http://127.0.0.1:40123</c>.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>What it has written so far.</summary>
    public string Log => string.Join('\n', _log);

    public static async Task<ServerProcess> StartAsync(params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "kvasir.dll");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = Path.GetTempPath() };
        foreach (var argument in (string[])[program, "serve", "--listen", "http://127.0.0.1:0", .. arguments])
            start.ArgumentList.Add(argument);
        var server = new ServerProcess(new Process { StartInfo = start, EnableRaisingEvents = true });
        var listening = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        server._process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
                return;
            server._log.Enqueue(line.Data);
            if (line.Data.StartsWith(Listening, StringComparison.Ordinal))
                listening.TrySetResult(new Uri(line.Data[Listening.Length..]));
        };
        server._process.Exited += (_, _) => Task.Run(() =>
        {
            server._process.WaitForExit(); // also for the last of what it has written
            listening.TrySetException(new InvalidOperationException($"the server ended:\n{server.Log}"));
        });
        server._process.Start();
        server._process.BeginErrorReadLine();
        server._process.BeginOutputReadLine();
        server.Address = await listening.Task.WaitAsync(Patience);
        return server;
    }

    /// <summary>Sends SIGTERM.</summary>
    public void Terminate() => Assert.Equal(0, Kill(_process.Id, signal: 15));

    /// <summary>Waits for the end; returns the exit code.</summary>
    public async Task<int> WaitAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int process, int signal);
}
