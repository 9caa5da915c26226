using System.Buffers;
using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;

namespace Kvasir.Models.Hub;

/// <summary>
/// Loads one file into a partial file beside a small state file, several parts at a time. An interrupted load goes on where it was;
/// the bytes are checked before they are anything else than partial.
/// </summary>
/// <param name="moved">Told of every change of the bytes that are there; negative when they are thrown away.</param>
internal sealed class FileDownload(HubOptions options, FileSource source, HubFile file, PartialFile place, Action<long> moved)
{
    /// <summary>Files above this are refused.</summary>
    public const long MaxFileBytes = 1L << 44;

    private const int MaxRestarts = 2;
    private const int BufferBytes = 128 << 10;

    private readonly Retries _retries = new(options);
    private readonly Lock _saving = new();
    private long _unsaved;

    /// <summary>Loads what is missing. Afterwards the partial file is whole and has the digest.</summary>
    /// <exception cref="HubException">The hub refuses or fails, or gives other bytes.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what was loaded is kept.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        for (int restarts = 0; ; restarts++)
        {
            var state = place.Load(file, options.PartBytes) ?? new DownloadState(file, options.PartBytes);
            long before = state.Loaded;
            moved(before);
            bool changed = false;
            try
            {
                await LoadAsync(state, cancellation).ConfigureAwait(false);
            }
            catch (ContentChangedException)
            {
                changed = true;
            }

            var found = changed ? default : await file.Digest.OfAsync(place.Path, cancellation).ConfigureAwait(false);
            if (!changed && found == file.Digest)
                return;
            moved(-state.Loaded);
            place.Delete();
            if (restarts == MaxRestarts || (!changed && before == 0))
            {
                throw new HubException(HubProblem.WrongAnswer, changed
                    ? $"{source.What} changed {restarts + 1} times while it was loaded; try again later"
                    : $"{source.What} has the checksum {found}, the hub says {file.Digest}; what was loaded was deleted, try again or ask the model's owner");
            }
        }
    }

    private async Task LoadAsync(DownloadState state, CancellationToken cancellation)
    {
        using var handle = place.Open(file.Bytes);
        try
        {
            await LoadPartsAsync(state, handle, cancellation).ConfigureAwait(false);
        }
        catch (RangesIgnoredException)
        {
            await LoadWholeAsync(state, handle, cancellation).ConfigureAwait(false);
        }
        finally
        {
            Save(state, handle);
        }
    }

    private async Task LoadPartsAsync(DownloadState state, SafeFileHandle handle, CancellationToken cancellation)
    {
        int[] missing = [.. Enumerable.Range(0, state.Parts).Where(part => !state.IsComplete(part))];
        int next = -1;
        Exception? failure = null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAll(Enumerable.Range(0, Math.Min(options.Connections, missing.Length)).Select(_ => WorkAsync())).ConfigureAwait(false);
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
        cancellation.ThrowIfCancellationRequested();

        async Task WorkAsync()
        {
            try
            {
                for (int i; (i = Interlocked.Increment(ref next)) < missing.Length && !stop.IsCancellationRequested;)
                {
                    int part = missing[i];
                    await _retries.RunAsync(token => LoadPartAsync(state, handle, part, token), () => state.Done(part), stop.Token).ConfigureAwait(false);
                }
            }
            catch (Exception exception)
            {
                // The first failure counts; it stops the others, and theirs is that they were stopped.
                if (Interlocked.CompareExchange(ref failure, exception, null) is null)
                    await stop.CancelAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> LoadPartAsync(DownloadState state, SafeFileHandle handle, int part, CancellationToken cancellation)
    {
        while (!state.IsComplete(part))
        {
            using var deadline = new ReadDeadline(options, source.What, cancellation);
            long first = state.Start(part) + state.Done(part);
            using var content = await source.OpenAsync(first, state.Last(part), state.ETag, deadline).ConfigureAwait(false);
            if (!state.Agree(content.ETag))
                throw new ContentChangedException();
            if (content.Kind == ContentKind.Whole && (first != 0 || state.Parts > 1))
                throw new RangesIgnoredException();
            await ReadAsync(content, state, handle, part, part, deadline).ConfigureAwait(false);
        }

        return true;
    }

    private Task LoadWholeAsync(DownloadState state, SafeFileHandle handle, CancellationToken cancellation) => _retries.RunAsync(
        async token =>
        {
            moved(-state.Loaded);
            state.Reset();
            using var deadline = new ReadDeadline(options, source.What, token);
            using var content = await source.OpenAsync(0, file.Bytes - 1, null, deadline).ConfigureAwait(false);
            await ReadAsync(content, state, handle, 0, state.Parts - 1, deadline).ConfigureAwait(false);
            return true;
        },
        progress: null,
        cancellation);

    /// <summary>Writes what comes into the parts from one to another, never past the last.</summary>
    private async Task ReadAsync(HubContent content, DownloadState state, SafeFileHandle handle, int part, int lastPart, ReadDeadline deadline)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            long left = content.Bytes;
            while (left > 0 && part <= lastPart)
            {
                long offset = state.Start(part) + state.Done(part);
                int most = (int)Math.Min(buffer.Length, Math.Min(left, state.Last(part) - offset + 1));
                int read = await deadline.ReadAsync(content.Stream, buffer.AsMemory(0, most)).ConfigureAwait(false);
                if (read == 0)
                    throw new TransientException($"{source.What}: the connection ended {left} bytes early");
                await RandomAccess.WriteAsync(handle, buffer.AsMemory(0, read), offset, deadline.Token).ConfigureAwait(false);
                state.Add(part, read);
                moved(read);
                left -= read;
                if (Interlocked.Add(ref _unsaved, read) >= options.PartBytes)
                    Save(state, handle);
                if (state.IsComplete(part))
                    part++;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // First the bytes, then that they are there.
    private void Save(DownloadState state, SafeFileHandle handle)
    {
        lock (_saving)
        {
            Interlocked.Exchange(ref _unsaved, 0);
            RandomAccess.FlushToDisk(handle);
            place.Save(state);
        }
    }
}
