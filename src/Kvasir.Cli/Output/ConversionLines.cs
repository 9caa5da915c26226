using System.Globalization;
using Kvasir.Models;

namespace Kvasir.Cli.Output;

/// <summary>How far a conversion is, a line for each tenth.</summary>
internal sealed class ConversionLines(TextWriter writer, string what) : IProgress<ConversionProgress>
{
    private long _tenth;

    public void Report(ConversionProgress value)
    {
        var tenth = value.WeightsTotal == 0 ? 10 : 10 * value.WeightsDone / value.WeightsTotal;
        if (tenth == _tenth)
            return;
        _tenth = tenth;
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {10 * tenth} %, {value.WeightsDone:N0} of {value.WeightsTotal:N0} weights"));
    }
}
