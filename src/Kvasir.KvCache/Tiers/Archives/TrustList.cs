using System.Text;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.KvCache.Tiers.Archives;

/// <summary>
/// Whose archives are taken: the file <c>trusted.keys</c> of the key folder, one fingerprint a line, with a name behind it; lines that
/// begin with # are comments. The machine's own signing key is trusted without being listed.
/// </summary>
public sealed class TrustList
{
    private const string FileName = "trusted.keys";
    private const int MaxBytes = 1 << 20;
    private const int FingerprintDigits = 64;
    private const int MaxNameLength = 100;
    private readonly string _path;
    private readonly string? _own;
    private readonly List<TrustedKey> _keys = [];

    private TrustList(string path, string? own) => (_path, _own) = (path, own);

    /// <summary>The listed keys, in the order of the file.</summary>
    public IReadOnlyList<TrustedKey> Keys => _keys;

    /// <summary>Reads the list of a key folder; empty when there is none.</summary>
    /// <exception cref="CacheFolderException">A line is no fingerprint, or others may write the file.</exception>
    public static TrustList Open(string keyFolder)
    {
        string? own = null;
        if (File.Exists(Path.Combine(keyFolder, SigningKey.FileName)))
        {
            using var key = SigningKey.Open(keyFolder, create: false);
            own = key.Fingerprint;
        }

        var list = new TrustList(Path.Combine(keyFolder, FileName), own);
        list.Read();
        return list;
    }

    /// <summary>True when archives of this key are taken.</summary>
    public bool Contains(string fingerprint) => fingerprint == _own || _keys.Any(key => key.Fingerprint == fingerprint);

    /// <summary>Adds a key to the file. False when it is there already.</summary>
    /// <exception cref="ArgumentException">It is no fingerprint, or the name has a line break or more than 100 characters.</exception>
    public bool Add(string fingerprint, string name)
    {
        fingerprint = fingerprint.Trim().ToLowerInvariant();
        if (!IsFingerprint(fingerprint))
            throw new ArgumentException($"'{fingerprint}' is no fingerprint: {FingerprintDigits} hexadecimal digits, as 'kvasir cache trust show' prints them");
        if (name.Length > MaxNameLength || name.Any(char.IsControl))
            throw new ArgumentException($"the name of a key has at most {MaxNameLength} characters and no control characters");
        if (_keys.Any(key => key.Fingerprint == fingerprint))
            return false;
        _keys.Add(new TrustedKey(fingerprint, name.Trim()));
        SecretFile.CreateFolder(Path.GetDirectoryName(_path)!);
        var text = File.Exists(_path) ? File.ReadAllText(_path) : "";
        if (text.Length > 0 && !text.EndsWith('\n'))
            text += "\n";
        WholeFile.Write(_path, Encoding.UTF8.GetBytes($"{text}{fingerprint} {name}".TrimEnd() + "\n"));
        return true;
    }

    private static bool IsFingerprint(string text) => text.Length == FingerprintDigits && text.All(char.IsAsciiHexDigitLower);

    private void Read()
    {
        if (!File.Exists(_path))
            return;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(_path) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0)
            throw new CacheFolderException($"others may write {_path}, which says whom to trust; run: chmod 600 {_path}");
        var bytes = WholeFile.Read(_path, 0, MaxBytes);
        var number = 0;
        foreach (var line in Encoding.UTF8.GetString(bytes ?? []).Split('\n'))
        {
            number++;
            var text = line.Trim();
            if (text.Length == 0 || text[0] == '#')
                continue;
            var end = text.IndexOf(' ', StringComparison.Ordinal);
            var fingerprint = (end < 0 ? text : text[..end]).ToLowerInvariant();
            if (!IsFingerprint(fingerprint))
                throw new CacheFolderException($"{_path}, line {number}: '{fingerprint}' is no fingerprint ({FingerprintDigits} hexadecimal digits)");
            _keys.Add(new TrustedKey(fingerprint, end < 0 ? "" : text[end..].Trim()));
        }
    }
}
