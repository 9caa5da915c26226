using System.Text.Json;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Json;

namespace Kvasir.Serving.Requests;

/// <summary>Reads the texts that end an answer: one or several.</summary>
internal static class StopFields
{
    private const int MaxStops = 16;
    private const int MaxLength = 1024;

    public static IReadOnlyList<string> Read(JsonFields fields)
    {
        if (!fields.TryGet("stop", out var value))
            return [];
        var stops = value.ValueKind == JsonValueKind.String
            ? [JsonFields.Read(value, "stop")]
            : fields.Array("stop", MaxStops)!.Select(element => element.Value.ValueKind == JsonValueKind.String
                ? JsonFields.Read(element.Value, element.Path)
                : throw JsonFields.Wrong(element.Path, "a string", element.Value)).ToArray();
        if (stops.Any(stop => stop.Length is 0 or > MaxLength))
            throw ApiException.Invalid("stop", $"stop holds a text that is empty or longer than {MaxLength} characters");
        return stops;
    }
}
