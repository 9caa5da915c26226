using System.Net.Http.Headers;

namespace Kvasir.Models.Hub;

/// <summary>How far a file has come: for each part of a fixed size, how many of its bytes are in the partial file.</summary>
internal sealed class DownloadState
{
    private const int Version = 1;
    private const int MaxStateBytes = 16 << 20;

    private readonly HubFile _file;
    private readonly long _partBytes;
    private readonly long[] _done;
    private string? _etag;

    public DownloadState(HubFile file, long partBytes)
    {
        _file = file;
        _partBytes = partBytes;
        _done = new long[(file.Bytes + partBytes - 1) / partBytes];
    }

    public int Parts => _done.Length;

    /// <summary>The strong tag that the parts come from; null while none is known.</summary>
    public string? ETag => Volatile.Read(ref _etag);

    /// <summary>Bytes that are there.</summary>
    public long Loaded => Enumerable.Range(0, Parts).Sum(Done);

    public long Start(int part) => part * _partBytes;

    /// <summary>The part's last byte.</summary>
    public long Last(int part) => Math.Min(Start(part) + _partBytes, _file.Bytes) - 1;

    public long Done(int part) => Volatile.Read(ref _done[part]);

    public bool IsComplete(int part) => Start(part) + Done(part) > Last(part);

    /// <summary>Counts bytes that were written. One caller a part at a time.</summary>
    public void Add(int part, int bytes) => Volatile.Write(ref _done[part], _done[part] + bytes);

    /// <summary>Takes note of a server's tag; false when it is another than before, so that the parts do not belong together.</summary>
    public bool Agree(string? etag)
    {
        if (etag is null)
            return true;
        string? known = Interlocked.CompareExchange(ref _etag, etag, null);
        return known is null || known == etag;
    }

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        Array.Clear(_done);
        _etag = null;
    }

    /// <summary>Reads the state of the same content in parts of the same size; null when the file is missing, damaged or of something else.</summary>
    public static DownloadState? Load(string path, HubFile file, long partBytes)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            var json = JsonFile.Read(path, MaxStateBytes);
            if (json.Get("version").Int(0, int.MaxValue) != Version
                || json.Get("bytes").Long() != file.Bytes
                || json.Get("partBytes").Long() != partBytes
                || FileDigest.Parse(json.Get("digest").String()) != file.Digest)
            {
                return null;
            }

            var state = new DownloadState(file, partBytes) { _etag = json.Find("etag")?.String() };
            if (state._etag is not null && !(EntityTagHeaderValue.TryParse(state._etag, out var tag) && !tag.IsWeak))
                return null;
            int part = 0;
            foreach (var done in json.Get("done").Items())
            {
                if (part == state.Parts || done.Long() < 0 || done.Long() > state.Last(part) - state.Start(part) + 1)
                    return null;
                state._done[part++] = done.Long();
            }

            return part == state.Parts ? state : null;
        }
        catch (ModelFormatException)
        {
            // It only saves work: without it the file is loaded from its beginning.
            return null;
        }
    }

    /// <summary>The name of the file that a state is of; null when it cannot be read.</summary>
    public static string? FileOf(string path)
    {
        try
        {
            return JsonFile.Read(path, MaxStateBytes).Get("path").String();
        }
        catch (ModelFormatException)
        {
            return null;
        }
    }

    /// <summary>Writes the state; whoever reads it finds the old or the new one.</summary>
    public void Save(string path) => AtomicJson.Write(path, json =>
    {
        json.WriteNumber("version", Version);
        json.WriteString("path", _file.Path);
        json.WriteNumber("bytes", _file.Bytes);
        json.WriteString("digest", _file.Digest.ToString());
        json.WriteNumber("partBytes", _partBytes);
        if (ETag is { } etag)
            json.WriteString("etag", etag);
        json.WriteStartArray("done");
        for (int part = 0; part < Parts; part++)
            json.WriteNumberValue(Done(part));
        json.WriteEndArray();
    });
}
