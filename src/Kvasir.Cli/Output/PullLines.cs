using System.Globalization;
using Kvasir.Models.Hub;

namespace Kvasir.Cli.Output;

/// <summary>Shows a pull as lines: every file that is done, and every twentieth of all bytes.</summary>
internal sealed class PullLines(TextWriter writer, TimeProvider time) : IProgress<PullProgress>
{
    private const int Steps = 20;

    private readonly long _start = time.GetTimestamp();
    private long? _first;
    private long _step = -1;

    public void Report(PullProgress value)
    {
        _first ??= value.Loaded;
        if (value.Done)
        {
            writer.WriteLine($"{value.File}: {Screen.Size(value.FileBytes)}, checked");
            return;
        }

        var step = value.Bytes == 0 ? Steps : (long)((double)value.Loaded / value.Bytes * Steps);
        if (step == _step)
            return;
        _step = step;
        var seconds = time.GetElapsedTime(_start).TotalSeconds;
        var speed = seconds > 0 && value.Loaded > _first ? $", {Screen.Size((long)((value.Loaded - _first.Value) / seconds))}/s" : "";
        writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{(value.Bytes == 0 ? 100 : 100.0 * value.Loaded / value.Bytes):0} %  {Screen.Size(value.Loaded)} of {Screen.Size(value.Bytes)}{speed}  {value.File}"));
    }
}
