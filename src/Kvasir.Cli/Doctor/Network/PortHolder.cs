using System.Globalization;
using Kvasir.Cli.Doctor.Machine;

namespace Kvasir.Cli.Doctor.Network;

/// <summary>Finds the process that listens on a port, as far as the system tells this user.</summary>
internal static class PortHolder
{
    private const string Listening = "0A";

    /// <summary>The program's name and process id, or null.</summary>
    public static string? Find(SystemFiles files, int port)
    {
        var sockets = Sockets(files, "/proc/net/tcp", port).Concat(Sockets(files, "/proc/net/tcp6", port)).ToHashSet(StringComparer.Ordinal);
        if (sockets.Count == 0)
            return null;
        foreach (var process in files.List("/proc").Where(name => name.All(char.IsAsciiDigit)))
        {
            var folder = $"/proc/{process}/fd";
            if (files.List(folder).Any(descriptor => files.ReadLink($"{folder}/{descriptor}") is { } link && sockets.Contains(link)))
                return $"{files.Read($"/proc/{process}/comm") ?? "a program"} (process {process})";
        }

        return null;
    }

    /// <summary>Columns: number, local address as HEX:PORT, remote address, state, …, inode (the tenth).</summary>
    private static IEnumerable<string> Sockets(SystemFiles files, string table, int port)
    {
        var suffix = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        foreach (var line in (files.Read(table) ?? "").Split('\n'))
        {
            var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length > 9 && columns[1].EndsWith(suffix, StringComparison.Ordinal) && columns[3] == Listening)
                yield return $"socket:[{columns[9]}]";
        }
    }
}
