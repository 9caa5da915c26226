using System.Globalization;

namespace Kvasir.Serving.Configuration;

/// <summary>Sizes and times as people write them.</summary>
public static class Units
{
    private static readonly (string Unit, double Bytes)[] Sizes =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12),
        ("K", 1L << 10), ("M", 1L << 20), ("G", 1L << 30), ("T", 1L << 40), ("B", 1),
    ];

    private static readonly (string Unit, double Seconds)[] Times = [("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];

    /// <summary>Reads a size in bytes, e.g. <c>512MiB</c>, <c>2g</c>, <c>1048576</c>.</summary>
    public static bool TryParseSize(string text, out long bytes)
    {
        bytes = 0;
        if (!TryParse(text, Sizes, unitless: 1, out var value) || !(value is >= 1 and < long.MaxValue))
            return false;
        bytes = (long)value;
        return true;
    }

    /// <summary>Reads a time, e.g. <c>250ms</c>, <c>30s</c>, <c>5m</c>; <c>0</c> needs no unit.</summary>
    public static bool TryParseTime(string text, out TimeSpan time)
    {
        time = TimeSpan.Zero;
        if (text.Trim() == "0")
            return true;
        if (!TryParse(text, Times, unitless: null, out var seconds) || seconds > TimeSpan.FromDays(365).TotalSeconds)
            return false;
        time = TimeSpan.FromSeconds(seconds);
        return true;
    }

    /// <summary>Writes a size as <see cref="TryParseSize"/> reads it.</summary>
    public static string Size(long bytes) => bytes switch
    {
        _ when bytes % (1L << 30) == 0 => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 30}GiB"),
        _ when bytes % (1L << 20) == 0 => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20}MiB"),
        _ when bytes % (1L << 10) == 0 => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 10}KiB"),
        _ => bytes.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Writes a time as <see cref="TryParseTime"/> reads it.</summary>
    public static string Time(TimeSpan time) => time == TimeSpan.Zero
        ? "0"
        : time.TotalSeconds % 60 == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes}m")
            : time.TotalSeconds >= 1
                ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds}s")
                : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds}ms");

    private static bool TryParse(string text, (string Unit, double Factor)[] units, double? unitless, out double value)
    {
        var number = text.AsSpan().Trim();
        var factor = unitless;
        foreach (var (unit, size) in units)
        {
            if (number.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
            {
                number = number[..^unit.Length].TrimEnd();
                factor = size;
                break;
            }
        }

        value = 0;
        if (factor is not { } scale || !double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value))
            return false;
        value *= scale;
        return true;
    }
}
