namespace Kvasir.Models.Hub;

/// <summary>Names of files in a repository, which come from strangers and become paths here.</summary>
internal static class HubPath
{
    private const int MaxLength = 1024;
    private const int MaxSegment = 255;

    /// <summary>Names that Windows keeps for devices, whatever their extension.</summary>
    private static readonly string[] Devices = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

    /// <summary>Whether a relative path with slashes names something below the folder that it starts in.</summary>
    public static bool StaysInside(string path)
    {
        if (path.Length is 0 or > MaxLength || path.Any(c => char.IsControl(c) || c == '\\' || char.IsSurrogate(c)))
            return false;
        foreach (var range in path.AsSpan().Split('/'))
        {
            if (path.AsSpan()[range] is "" or "." or "..")
                return false;
        }

        return true;
    }

    /// <summary>Whether every system can have a file of this name, and means this one by it.</summary>
    public static bool IsPortable(string path)
    {
        if (!StaysInside(path))
            return false;
        foreach (string segment in path.Split('/'))
        {
            if (segment.Length > MaxSegment || segment[^1] is '.' or ' ' || segment.AsSpan().IndexOfAny("<>:\"|?*") >= 0 || IsDevice(segment))
                return false;
        }

        return true;
    }

    /// <summary>The path in a folder.</summary>
    public static string Join(string folder, string path) => Path.Combine([folder, .. path.Split('/')]);

    /// <summary>The path as a part of an address.</summary>
    public static string Escape(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    private static bool IsDevice(string segment)
    {
        var stem = segment.AsSpan();
        if (stem.IndexOf('.') is >= 0 and var dot)
            stem = stem[..dot];
        stem = stem.TrimEnd(' ');
        foreach (string device in Devices)
        {
            if (stem.Equals(device, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return stem.Length == 4 && char.IsAsciiDigit(stem[3])
            && (stem.StartsWith("COM", StringComparison.OrdinalIgnoreCase) || stem.StartsWith("LPT", StringComparison.OrdinalIgnoreCase));
    }
}
