namespace Kvasir.Models.Hub;

/// <summary>How a hub is spoken to.</summary>
public sealed record HubOptions
{
    /// <summary>The hub that is asked when no other is named.</summary>
    public static readonly Uri DefaultEndpoint = new("https://huggingface.co");

    /// <summary>Most connections at a time that may be asked for.</summary>
    public const int MaxConnections = 32;

    /// <summary>The hub's address; a path in it is kept.</summary>
    public Uri Endpoint { get; init; } = DefaultEndpoint;

    /// <summary>Says who asks; sent to the endpoint's own host only, and over https or to this machine only. Null for nobody.</summary>
    public string? Token { get; init; }

    /// <summary>Parts of a file that are loaded at a time, 1 to <see cref="MaxConnections"/>.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>No request is made; what is not there already is an error.</summary>
    public bool Offline { get; init; }

    /// <summary>How often in a row something may fail before it is given up.</summary>
    public int MaxAttempts { get; init; } = 6;

    /// <summary>A connection that brings less than <see cref="WindowBytes"/> in so long is dropped and made anew.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest that a server's Retry-After is obeyed.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>See <see cref="Window"/>.</summary>
    internal int WindowBytes { get; init; } = 64 << 10;

    /// <summary>Size of a part. The progress that an interruption keeps is counted in bytes, not in parts.</summary>
    internal long PartBytes { get; init; } = 64L << 20;

    /// <summary>How a pause is made.</summary>
    internal Func<TimeSpan, CancellationToken, Task>? Pause { get; init; }

    /// <summary>Free bytes for a folder.</summary>
    internal Func<string, long>? FreeBytes { get; init; }

    // A record would print its token.
    public override string ToString() => $"{Endpoint}, {Connections} connections{(Token is null ? "" : ", with a token")}";
}
