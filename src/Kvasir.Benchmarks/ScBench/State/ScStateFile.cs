using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kvasir.Benchmarks.ScBench.State;

/// <summary>
/// What was measured so far: a first line that says what makes the sessions, then a line a unit. A line is written as soon as its unit is
/// done, so that nothing is lost when the run is ended; a last line that was cut off is measured again.
/// </summary>
internal sealed class ScStateFile : IDisposable
{
    private readonly Dictionary<ScKey, ScUnit> _units = [];
    private readonly StreamWriter? _writer;

    private ScStateFile(StreamWriter? writer) => _writer = writer;

    /// <summary>All units, those of earlier runs included.</summary>
    public IReadOnlyCollection<ScUnit> Units => _units.Values;

    /// <summary>Opens or begins a file; without a path everything is in memory.</summary>
    /// <param name="path">The file, or null.</param>
    /// <param name="settings">What the sessions and answers depend on, beside what names a unit.</param>
    /// <exception cref="InvalidDataException">The file was made with other settings, or is none of this kind.</exception>
    public static ScStateFile Open(string? path, JsonObject settings)
    {
        if (path is null)
            return new ScStateFile(null);
        var head = settings.ToJsonString();
        string[] lines = File.Exists(path) ? File.ReadAllLines(path) : [];
        if (lines is [var first, ..] && first != head)
            throw new InvalidDataException($"{path} was made with other settings ({Shorten(first)}; now {head}); name another file");
        var units = new List<ScUnit>();
        for (var i = 1; i < lines.Length; i++)
        {
            if (Parse(lines[i]) is { } unit)
                units.Add(unit);
            else if (i < lines.Length - 1)
                throw new InvalidDataException($"{path}, line {i + 1} is damaged; name another file");
        }

        // Written anew, so that a line that was cut off does not stay in the middle.
        var temporary = path + ".new";
        File.WriteAllLines(temporary, units.Select(unit => ScUnitJson.Write(unit).ToJsonString()).Prepend(head));
        File.Move(temporary, path, overwrite: true);
        var state = new ScStateFile(new StreamWriter(path, append: true));
        foreach (var unit in units)
            state._units[unit.Key] = unit;
        return state;
    }

    /// <summary>True when a unit was done.</summary>
    public bool Has(ScKey key) => _units.ContainsKey(key);

    /// <summary>Keeps a unit.</summary>
    public void Add(ScUnit unit)
    {
        _units[unit.Key] = unit;
        _writer?.WriteLine(ScUnitJson.Write(unit).ToJsonString());
        _writer?.Flush();
    }

    public void Dispose() => _writer?.Dispose();

    private static ScUnit? Parse(string line)
    {
        try
        {
            return JsonNode.Parse(line) is JsonObject json ? ScUnitJson.Read(json) : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static string Shorten(string text) => text.Length <= 200 ? text : text[..200];
}
